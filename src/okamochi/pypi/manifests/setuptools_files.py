"""What setup.cfg and setup.py say about a package, read without running either."""

import ast
import re
from collections.abc import Iterator

from okamochi.system.project_files import ProjectFiles
from okamochi.system.python_text import syntax_tree

__all__ = [
    "asks_for_nothing",
    "setup_cfg_sections",
    "setup_cfg_specifiers",
    "setup_py_entry_points",
    "setup_py_specifiers",
    "setup_py_text",
]


def setup_cfg_sections(text: str) -> dict[str, dict[str, str]]:
    """All sections; empty when the file is damaged."""
    import configparser

    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return {}
    return {name: {key: value or "" for key, value in parser.items(name)} for name in parser.sections()}


def setup_py_text(text: str, keyword: str) -> str:
    """The literal that setup() gets for a keyword, or the one bound to the name that it gets; else ""."""
    tree = syntax_tree(text)
    if tree is None:
        return ""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called_setup(node):
            for given in node.keywords:
                if given.arg == keyword:
                    return literal(given.value, names_of(tree))
    return ""


def setup_py_entry_points(text: str) -> dict[str, dict[str, str]]:
    """entry_points as a dictionary of lists, or as text in the manner of entry_points.txt."""
    tree = syntax_tree(text)
    if tree is None:
        return {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.keyword) or node.arg != "entry_points":
            continue
        try:
            found = ast.literal_eval(node.value)
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            return {}
        if isinstance(found, str):
            return {name: dict(one) for name, one in setup_cfg_sections(found).items()}
        return (
            {str(group): points(listed) for group, listed in found.items()} if isinstance(found, dict) else {}
        )
    return {}


def points(listed: object) -> dict[str, str]:
    lines = listed.splitlines() if isinstance(listed, str) else listed if isinstance(listed, list) else ()
    pairs = (str(line).partition("=") for line in lines)
    return {name.strip(): target.strip() for name, equals, target in pairs if equals}


def called_setup(node: ast.Call) -> bool:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name == "setup"


def names_of(tree: ast.Module) -> dict[str, ast.expr]:
    return {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def literal(node: ast.expr, names: dict[str, ast.expr], depth: int = 0) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name) and node.id in names and depth < 10:
        return literal(names[node.id], names, depth + 1)
    return ""


def setup_cfg_specifiers(project: ProjectFiles, path: str = "setup.cfg") -> tuple[str, ...] | None:
    """None when the file says nothing of it. `file:` names requirement files, one a line."""
    text = setup_cfg_sections(project.read_text(path) or "").get("options", {}).get("install_requires")
    if text is None:
        return None
    if text.strip().startswith("file:"):
        names = re.split(r"[,\s]+", text.strip().removeprefix("file:").strip())
        return tuple(line for name in names for line in listed(project.read_text(name) or ""))
    return tuple(listed(text))


def listed(text: str) -> Iterator[str]:
    for line in re.split(r"[\n;](?![^\n]*['\"]\s*$)|\n", text):
        stripped = re.sub(r"(^|\s)#.*$", "", line).strip()
        if stripped and not stripped.startswith("-"):
            yield stripped


def setup_py_specifiers(project: ProjectFiles, path: str = "setup.py") -> tuple[str, ...] | None:
    """Literal lists, names bound to them, lines of a file that the script reads; None for all else."""
    tree = syntax_tree(project.read_text(path) or "")
    if tree is None:
        return None
    names = names_of(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "install_requires":
            return value_of(node.value, names, project, tree)
    return None


def asks_for_nothing(text: str) -> bool:
    """A setup.py that calls setup() without install_requires, and without anything that could bring it."""
    tree = syntax_tree(text)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)] if tree is not None else []
    found = [one for one in calls if ast.unparse(one.func) in ("setup", "setuptools.setup")]
    keywords = {keyword.arg for one in found for keyword in one.keywords}
    return bool(found) and keywords.isdisjoint((None, "install_requires", "distclass"))


def value_of(
    node: ast.expr, names: dict[str, ast.expr], project: ProjectFiles, tree: ast.Module, depth: int = 0
) -> tuple[str, ...] | None:
    if depth > 10:
        return None
    match node:
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            texts = [
                one.value for one in elements if isinstance(one, ast.Constant) and isinstance(one.value, str)
            ]
            return tuple(texts) if len(texts) == len(elements) else None
        case ast.Name(id=name) if name in names:
            return value_of(names[name], names, project, tree, depth + 1)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            parts = [value_of(one, names, project, tree, depth + 1) for one in (left, right)]
            return None if None in parts else tuple(one for part in parts for one in part or ())
        case _:
            return lines_of_a_file(node, project, tree)


def lines_of_a_file(node: ast.expr, project: ProjectFiles, tree: ast.Module) -> tuple[str, ...] | None:
    """The expression comes from the only requirement file that the script names."""
    named = {
        one.value
        for one in ast.walk(tree)
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value.endswith(".txt")
        if "require" in one.value and project.exists(one.value)
    }
    if len(named) != 1 or not isinstance(node, ast.Name | ast.Call | ast.ListComp | ast.Attribute):
        return None
    return tuple(listed(project.read_text(named.pop()) or ""))
