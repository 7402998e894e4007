"""Modules of the app that parse the command line while they are imported: in production there is none.

parser.add_argument("--model", default="small")
args = parser.parse_args()
app = Flask(__name__)
"""

import ast
from collections.abc import Iterator

from okamochi.detect.source.python_source import Module, is_main_guard
from okamochi.detect.source.reachable import Reached
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import descendants, text_of
from okamochi.model.evidence import Decision, Evidence
from okamochi.pypi.python_values import last_name

__all__ = ["parsed_arguments"]

PARSES = "parse_args"
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
OPTIONAL = frozenset(["?", "*"])
MOST_SHOWN = 4


def parsed_arguments(sources: Sources, reached: Reached) -> tuple[Decision, ...]:
    """What the arguments of such a module are in production, and a warning where it cannot go on without."""
    places: list[Evidence] = []
    wanted: list[str] = []
    for path in reached.paths:
        module = sources.module(path) if PARSES in sources.words(path) else None
        calls = tuple(_at_import(module)) if module is not None else ()
        parsing = [one for one in calls if last_name(one.func) == PARSES and not (one.args or one.keywords)]
        places += [Evidence(path=path, line=one.lineno, reason="parses the command line") for one in parsing]
        if parsing:
            wanted += [name for one in calls if (name := _required(one))]
    if not places:
        return ()
    summary = (
        "the app gets no command line: the arguments that it parses while it is imported have their defaults"
    )
    if wanted:
        summary = (
            f"Warning: the app cannot be imported without the argument {', '.join(wanted)}, and a server "
            "gives it none: give it a default, or read an environment variable"
        )
    return (Decision.detected("application", summary, tuple(places[:MOST_SHOWN])),)


def _at_import(module: Module) -> Iterator[ast.Call]:
    """Calls outside of functions and of what only a program does."""
    waiting: list[ast.stmt] = list(module.tree.body)
    while waiting:
        statement = waiting.pop(0)
        if isinstance(statement, DEFINITIONS) or is_main_guard(statement):
            continue
        inner = [one for one in ast.iter_child_nodes(statement) if isinstance(one, ast.stmt)]
        waiting += inner
        if not inner:
            yield from (one for one in descendants(statement) if isinstance(one, ast.Call))


def _required(call: ast.Call) -> str:
    """The argument that a call of add_argument() asks everybody for, "" when it asks for none."""
    if last_name(call.func) != "add_argument" or not call.args:
        return ""
    name = text_of(call.args[0])
    given = {one.arg: one.value for one in call.keywords}
    values = {key: one.value for key, one in given.items() if isinstance(one, ast.Constant)}
    if name.startswith("-"):
        return name if values.get("required") is True else ""
    return "" if values.get("nargs") in OPTIONAL else name
