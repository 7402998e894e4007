"""Does what the author does below `if __name__ == "__main__":` to set the app up, right after the module was
imported: only a program runs these lines, and a server is none.

OKAMOCHI_BELOW_MAIN is the file and the beginnings of the lines: "/app/app.py; db.init_app; app.secret_key".
Python imports this file at its start, by its name.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any

_PATH, *_WANTED = os.environ.get("OKAMOCHI_BELOW_MAIN", "").split("; ")


class _Finder:
    """Finds that one module as Python does, and has it set up."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> Any:
        if name.rpartition(".")[2] != _NAME:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if not isinstance(spec, ModuleSpec) or spec.origin is None or os.path.realpath(spec.origin) != _PATH:
            return None
        spec.loader = _Loader(name, spec.origin)
        return spec


class _Loader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        _set_up(module)


def _set_up(module: ModuleType) -> None:
    import ast  # where it is needed, not at the start of every Python
    from pathlib import Path

    tree = ast.parse(Path(_PATH).read_bytes(), _PATH)
    guards = [one for one in tree.body if isinstance(one, ast.If) and "__main__" in ast.dump(one.test)]
    functions = {one.name: one.body for one in tree.body if isinstance(one, ast.FunctionDef)}
    body = [one for guard in guards for line in guard.body for one in _done_by(line, functions)]
    chosen = _chosen(body)
    exec(compile(ast.Module(body=chosen, type_ignores=[]), _PATH, "exec"), module.__dict__)


def _done_by(statement: Any, functions: dict[str, list[Any]]) -> list[Any]:
    """The statements of main(), which is called with nothing; of all else the statement itself."""
    import ast

    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call) or call.args or call.keywords or _is_wanted(ast.unparse(statement)):
        return [statement]
    return functions.get(call.func.id, [statement]) if isinstance(call.func, ast.Name) else [statement]


def _chosen(body: list[Any]) -> list[Any]:
    """What is wanted, with the imports and the values that it needs; from the last statement to the first."""
    import ast

    chosen: list[Any] = []
    names: set[str] = set()
    for statement in reversed(body):
        given = {
            one.asname or one.name.partition(".")[0]
            for one in (statement.names if isinstance(statement, (ast.Import, ast.ImportFrom)) else ())
        }
        if isinstance(statement, (ast.Assign, ast.AnnAssign)):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            given = {one.id for one in targets if isinstance(one, ast.Name)}
        if _is_wanted(ast.unparse(statement)) or given & names:
            chosen.insert(0, statement)
            names -= given
            names |= {one.id for one in ast.walk(statement) if isinstance(one, ast.Name)} - given
    return chosen


def _is_wanted(text: str) -> bool:
    return any(text.startswith((one + "(", one + " =")) for one in _WANTED)


_NAME = _PATH.rpartition("/")[2].partition(".")[0]
if _NAME:
    sys.meta_path.insert(0, _Finder)
