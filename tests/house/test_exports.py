"""What a module of okamochi lists in `__all__` is what other files take from it: no name more, none less.

Modules without the list are programs that run elsewhere, and those that are found by their file's name.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def modules() -> dict[str, ast.Module]:
    found = ((path, module_name(path)) for top in ("src", "tests", "tools", "bench") for path in python(top))
    return {name: ast.parse(path.read_bytes()) for path, name in found}


def python(top: str) -> Iterator[Path]:
    return (path for path in (ROOT / top).rglob("*.py") if "bad_projects" not in path.parts)


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts).removeprefix("src.").removesuffix(".__init__")


def listed(module: ast.Module) -> list[str] | None:
    for statement in module.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__all__":
            return list(ast.literal_eval(statement.value))
    return None


def taken() -> dict[str, set[str]]:
    """Of each module the names that others import from it, or read from it by a dot."""
    names = defaultdict[str, set[str]](set)
    for module in modules().values():
        known: dict[str, str] = {}
        read: list[tuple[str, str]] = []
        for node in ast.walk(module):
            match node:
                case ast.ImportFrom(module=str(origin)):
                    names[origin].update(one.name for one in node.names)
                    known.update((one.asname or one.name, f"{origin}.{one.name}") for one in node.names)
                case ast.Attribute(value=ast.Name(name), attr=attribute) if not attribute.startswith("__"):
                    read.append((name, attribute))
        for name, attribute in read:
            if name in known:
                names[known[name]].add(attribute)
    return {of: {name for name in found if f"{of}.{name}" not in modules()} for of, found in names.items()}


def test_a_module_lists_what_others_take_from_it_and_nothing_else() -> None:
    names = taken()
    lists = {name: {*own} for name, module in modules().items() if (own := listed(module)) is not None}
    wrong = {name: own ^ names.get(name, set()) for name, own in lists.items() if own != names.get(name)}
    assert wrong == {}
