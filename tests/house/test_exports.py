"""What a module of okamochi lists in `__all__` is what other files take from it: no name more, none less.

Modules without the list are programs that run elsewhere, and those that are found by their file's name.
"""

import ast
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LISTED = re.compile(r"^__all__ = (\[[^\]]*\])", re.MULTILINE)
IMPORT = re.compile(r"^ *from (okamochi[\w.]*) import (?:\(([^)]*)\)|(.*))", re.MULTILINE)
NAME = re.compile(r"(\w+)(?: as (\w+))?")
COMMENT = re.compile(r"#.*")


def texts() -> dict[str, str]:
    """By the module's name; tools and bench have none that is imported."""
    paths = (path for top in ("src", "tests", "tools", "bench") for path in (ROOT / top).rglob("*.py"))
    return {module_name(path): path.read_text("utf-8", "replace") for path in paths}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts).removeprefix("src.").removesuffix(".__init__")


def taken(modules: dict[str, str]) -> dict[str, set[str]]:
    """Of each module the names that others import from it, or read from it by a dot."""
    names = defaultdict[str, set[str]](set)
    for text in modules.values():
        for origin, several, one in IMPORT.findall(text):
            for name, alias in NAME.findall(COMMENT.sub("", several or one)):
                whole = f"{origin}.{name}"
                if whole in modules:
                    names[whole].update(re.findall(rf"\b{alias or name}\.([A-Za-z]\w*)", text))
                else:
                    names[origin].add(name)
    return names


def test_a_module_lists_what_others_take_from_it_and_nothing_else() -> None:
    modules = texts()
    names = taken(modules)
    lists = {
        module: set(ast.literal_eval(found[1]))
        for module, text in modules.items()
        if (found := LISTED.search(text))
    }
    wrong = {module: own ^ names[module] for module, own in lists.items() if own != names[module]}
    assert wrong == {}
