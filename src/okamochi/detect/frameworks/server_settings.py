"""Settings of a server that stand apart from the call that starts it.

    cherrypy.config.update({"server.socket_host": "0.0.0.0", "server.socket_port": 8080})
    cherrypy.server.socket_port = 8080

or the same names in a file that the code gives to it.
"""

import ast
import re
from collections.abc import Iterator

from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources

__all__ = ["set_elsewhere"]

ENDINGS = ("conf", "cfg", "ini", "config")


def set_elsewhere(name: str, module: Module, sources: Sources) -> tuple[ast.expr | None, Module]:
    """What the setting is given, and the module where; in the module that starts the server, else in another
    one, else in a file that code names. None where nothing sets it."""
    short = name.rpartition(".")[2]
    others = (one for one in sources.mentioning(short) if one.path != module.path)
    for one in (module, *others):
        value = next(_given(name, one), None) if short in one.text else None
        if value is not None:
            return value, one
    return _in_a_file(name, sources), module


def _given(name: str, module: Module) -> Iterator[ast.expr]:
    """The last one in the text counts."""
    found: list[tuple[int, ast.expr]] = []
    for node in module.of(ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == name:
                found.append((value.lineno, value))
    for assigned in module.of(ast.Assign):
        if any(_names(target, name) for target in assigned.targets):
            found.append((assigned.lineno, assigned.value))
    yield from (value for _, value in sorted(found, key=lambda pair: -pair[0]))


def _names(target: ast.expr, name: str) -> bool:
    """`cherrypy.server.socket_port = ...`, `config["server.socket_port"] = ...`."""
    if isinstance(target, ast.Subscript):
        return isinstance(target.slice, ast.Constant) and target.slice.value == name
    return isinstance(target, ast.Attribute) and ast.unparse(target).endswith(f".{name}")


def _in_a_file(name: str, sources: Sources) -> ast.expr | None:
    line = re.compile(rf"^\s*{re.escape(name)}\s*[:=]\s*(\S.*?)\s*$", re.MULTILINE)
    for ending in ENDINGS:
        for path in sources.project.files(f"**/*.{ending}"):
            text = sources.project.read_text(path)
            found = line.search(text) if text is not None else None
            named = path.rpartition("/")[2]
            if found is None or not any(True for _ in sources.mentioning(named)):
                continue
            try:
                return ast.parse(found[1], mode="eval").body
            except (SyntaxError, ValueError):
                continue
    return None
