"""What the app takes from libraries and could not use: wtforms.validators.Email imports email_validator when
a form is sent, and not before."""

from __future__ import annotations

import ast
import contextlib
import dis
import importlib.util
import inspect
import symtable
import sys
import textwrap
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from okamochi.run.proof.program.failures import asked_package
from okamochi.run.proof.program.shapes import Answer

NAMES_SECONDS = 5
# what runs whenever an object of the class is made or called
ALWAYS_RUN = ("__init__", "__new__", "__call__", "__post_init__")
CATCHES = ("ImportError", "ModuleNotFoundError", "Exception", "BaseException")


def unusable_name() -> Answer | None:
    """Nothing where the look itself fails: objects answer strangers as they like, and the app is proved."""
    try:
        return first_unusable()
    except Exception:
        traceback.print_exc()
        return None


def first_unusable() -> Answer | None:
    """The first function or class of a library that the app's modules use, and that imports what is not
    installed whenever it runs. Only what an installed package names among its extras counts."""
    ends = time.monotonic() + NAMES_SECONDS
    for module in own_modules():
        for name, thing in used_things(module):
            if time.monotonic() > ends:
                return None
            for function in functions_of(thing):
                for missing in missing_imports(function):
                    asked = asked_package(f"install {missing}", function.__code__.co_filename)
                    if asked:
                        return {
                            "outcome": "failed",
                            "type": name,
                            "error": "ModuleNotFoundError",
                            "message": f"{name} imports {missing} when it is used",
                            "name": missing,
                            "text": f"ModuleNotFoundError: No module named {missing!r}\n",
                            "in_reference": False,
                            "asked": asked,
                        }
    return None


def own_modules() -> list[ModuleType]:
    here = f"{Path.cwd()}/"
    found = [one for one in list(sys.modules.values()) if isinstance(one, ModuleType)]
    return [one for one in found if is_own_file(getattr(one, "__file__", None), here)]


def is_own_file(path: Any, here: str) -> bool:
    return isinstance(path, str) and path.startswith(here) and path.endswith(".py") and not is_library(path)


def is_library(path: str) -> bool:
    return "/site-packages/" in path


def used_things(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Functions and classes that the module's text names: Email, validators.Email."""
    try:
        text = importlib.util.decode_source(Path(str(module.__file__)).read_bytes())
        tree, own = ast.parse(text), names_of_the_module(text)
    except (OSError, SyntaxError, ValueError):
        return
    seen = set()
    for node in ast.walk(tree):
        thing = None
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in own:
            thing = vars(module).get(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            holder = vars(module).get(node.value.id)
            thing = vars(holder).get(node.attr) if isinstance(holder, ModuleType) else None
        if isinstance(thing, (FunctionType, type)) and id(thing) not in seen:
            seen.add(id(thing))
            yield f"{thing.__module__}.{thing.__qualname__}", thing


def names_of_the_module(text: str) -> set[str]:
    """Those that some scope takes from the module itself: what a function assigns is its own, also where
    `from fasthtml.common import *` brings a name like that."""
    found: set[str] = set()
    waiting = [symtable.symtable(text, "", "exec")]
    for table in waiting:
        whole = table.get_type() == "module"
        found |= {one.get_name() for one in table.get_symbols() if whole or one.is_global()}
        waiting += table.get_children()
    return found


def functions_of(thing: Any) -> list[FunctionType]:
    if isinstance(thing, FunctionType):
        found = [thing]
    else:
        found = [one for name in ALWAYS_RUN if isinstance(one := vars(thing).get(name), FunctionType)]
    return [one for one in found if is_library(one.__code__.co_filename)]


def missing_imports(function: FunctionType) -> list[str]:
    names = [name for name in imported_by_code(function.__code__) if not is_there(name)]
    if not names:
        return []
    with contextlib.suppress(OSError, SyntaxError, ValueError, TypeError):
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
        always = always_imported(getattr(definition, "body", []))
        return [name for name in names if name in always]
    return []


def imported_by_code(code: CodeType) -> list[str]:
    """Top names of its absolute imports."""
    lines = list(dis.get_instructions(code))
    found = []
    for position, line in enumerate(lines):
        if line.opname == "IMPORT_NAME" and position > 1 and lines[position - 2].argval == 0:
            found.append(str(line.argval).partition(".")[0])
    return found


def is_there(name: str) -> bool:
    try:
        return name in sys.modules or importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return True


def always_imported(body: list[ast.stmt]) -> set[str]:
    """Of statements that run one after the other, and of a try that raises another error in its place."""
    found: set[str] = set()
    for statement in body:
        if isinstance(statement, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in statement.names}
        elif isinstance(statement, ast.ImportFrom) and not statement.level:
            found.add((statement.module or "").partition(".")[0])
        elif isinstance(statement, ast.Try) and all(map(raises, filter(catches, statement.handlers))):
            found |= always_imported(statement.body)
        elif isinstance(statement, (ast.Return, ast.Raise)):
            break
    return found


def catches(handler: ast.ExceptHandler) -> bool:
    named = ast.walk(handler.type) if handler.type is not None else ()
    return handler.type is None or any(isinstance(one, ast.Name) and one.id in CATCHES for one in named)


def raises(handler: ast.ExceptHandler) -> bool:
    return bool(handler.body) and isinstance(handler.body[-1], ast.Raise)
