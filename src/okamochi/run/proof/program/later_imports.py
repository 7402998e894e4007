"""What an app imports only later: a broker's client with the first task, a page when somebody visits it."""

from __future__ import annotations

import ast
import contextlib
import sys
import time
import traceback
from pathlib import Path

from okamochi.run.proof.program.failures import failure
from okamochi.run.proof.program.loading import WrongKindError, names_of
from okamochi.run.proof.program.shapes import Answer

IMPORTS_SECONDS = 20
BROKER = "Celery's broker"


def broken_broker() -> Answer | None:
    """Celery imports its broker's client with the first task that is sent: what is missing would be met by
    workers, and by whoever asks for such a page. Nothing is connected with."""
    state = sys.modules.get("celery._state")
    for application in list(state._get_active_apps()) if state is not None else ():
        try:
            application.connection_for_write().create_transport()
        except ImportError as error:
            return {**failure(error), "type": BROKER}
        except BaseException:  # of an application that is told its settings later
            traceback.print_exc()
    return None


def broken_page(script: Path) -> Answer | None:
    """Of the script's other pages the first that imports what is not there; what a page does besides is for
    those who visit it."""
    ends = time.monotonic() + IMPORTS_SECONDS
    for page in other_pages(script):
        with contextlib.suppress(OSError, SyntaxError, ValueError):
            for statement in ast.parse(page.read_bytes()).body:
                if time.monotonic() > ends:
                    return None
                if isinstance(statement, (ast.Import, ast.ImportFrom)):
                    problem = import_problem(statement, str(page))
                    if problem is not None:
                        return {**problem, "type": str(page)}
    return None


def import_problem(statement: ast.stmt, path: str) -> Answer | None:
    code = compile(ast.Module([statement], []), path, "exec")
    try:
        exec(code, {"__name__": "__main__", "__file__": path})
    except ImportError as error:
        return failure(error)
    except BaseException:  # of a module that wants more than to be imported
        traceback.print_exc()
    return None


def other_pages(script: Path) -> list[Path]:
    """pages/ beside the script, and what st.Page() names."""
    found = sorted(script.parent.glob("pages/*.py"))
    for node in ast.walk(ast.parse(script.read_bytes())):
        if isinstance(node, ast.Call) and names_of_call(node)[-1:] == ["Page"] and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and str(first.value).endswith(".py"):
                found.append(script.parent / str(first.value))
    return found


def names_of_call(call: ast.Call) -> list[str]:
    with contextlib.suppress(WrongKindError):
        return names_of(call.func)
    return []
