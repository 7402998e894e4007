"""Scripts of the project that set its data up: create_db.py beside the app, run by hand before it starts."""

import ast
from collections.abc import Iterator

from okamochi.detect.base import Detected
from okamochi.detect.source.importable import importable_name
from okamochi.detect.source.python_source import is_main_guard
from okamochi.detect.source.sources import Sources
from okamochi.model.evidence import Evidence
from okamochi.model.plan import VENV_ROOT, SetupCommand
from okamochi.pypi.python_values import last_name
from okamochi.system.patterns import regex
from okamochi.system.words import word_set

__all__ = ["STEM", "makes_tables_only", "setup_scripts", "table_function", "table_maker"]

STEM = regex(
    r"(init|initiali[sz]e|setup|create|recreate|reset|seed|populate|fill|load|make)_?"
    r"(the_)?(db|database|data|tables?|schema|models?|sample_data|users?)s?"
    r"|(db|database|tables?|schema|data)_?(init|setup|create|creation|seed|populate)(_\w+)?"
)
MAKERS = frozenset(["create_all", "create_tables"])
HARMLESS = word_set("create_all create_tables commit close app_context push with_appcontext print echo secho")


def setup_scripts(sources: Sources) -> Iterator[tuple[SetupCommand, Evidence]]:
    """Those of a telling name at the project's root that do something when they are run."""
    for path in sources.paths:
        stem = path.removesuffix(".py")
        if "/" in path or STEM.fullmatch(stem) is None:
            continue
        line = next((one.lineno for one in sources.module(path).tree.body if acts(one)), 0)
        if line:
            evidence = Evidence(path=path, line=line, reason="a script that sets data up")
            yield SetupCommand(name=stem, argv=(f"{VENV_ROOT}/bin/python", path)), evidence


def acts(statement: ast.stmt) -> bool:
    """Whether it does more than define: a call of its own, or what follows `if __name__ == "__main__"`."""
    if isinstance(statement, ast.With | ast.For | ast.Try):
        return any(map(acts, statement.body))
    called = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(called, ast.Call) or is_main_guard(statement)


def table_maker(sources: Sources) -> Detected[tuple[str, ...]] | None:
    """The script that makes the tables that are missing, and nothing else: safe to run before every start."""
    for command, evidence in setup_scripts(sources):
        if makes_tables_only(sources.module(evidence.path).tree.body):
            shown = Evidence(
                path=evidence.path, line=evidence.line, reason="makes the tables that are missing, no more"
            )
            return Detected(command.argv, (shown,))
    return None


def table_function(
    sources: Sources, paths: tuple[str, ...], import_root: str
) -> Detected[tuple[str, ...]] | None:
    """The function among the server's modules that makes the tables that are missing and nothing else, and
    needs neither arguments nor anything around it: `def create_tables(): with database: ...` of Peewee.
    `import_root` is where the server's modules are imported from."""
    for path in paths:
        if MAKERS.isdisjoint(sources.words(path)):
            continue
        for node in sources.module(path).tree.body:
            if not isinstance(node, ast.FunctionDef) or node.args.args or node.decorator_list:
                continue
            if not makes_tables_only(node.body) or not (stands_alone(node) and STEM.fullmatch(node.name)):
                continue
            dotted = importable_name(sources.module(path), sources, import_root)
            program = f"from {dotted} import {node.name}; {node.name}()"
            place = Evidence(path=path, line=node.lineno, reason="makes the tables that are missing, no more")
            return Detected((f"{VENV_ROOT}/bin/python", "-c", program), (place,))
    return None


def stands_alone(node: ast.FunctionDef) -> bool:
    """Flask-SQLAlchemy's create_all() needs the app's context around it, Peewee's create_tables() none."""
    calls = set(calls_of(node.body))
    return "create_tables" in calls or "app_context" in calls


def makes_tables_only(body: list[ast.stmt], unset: frozenset[str] = frozenset()) -> bool:
    """`unset` are names that hold nothing: options that nobody gave."""
    calls = list(calls_of(body, unset))
    return not MAKERS.isdisjoint(calls) and all(name in HARMLESS for name in calls)


def calls_of(body: list[ast.stmt], unset: frozenset[str] = frozenset()) -> Iterator[str]:
    """The last names of all that a body calls; "" for what is neither import nor call."""
    for statement in body:
        match statement:
            case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()) | ast.Pass():
                continue
            case ast.With(items=items, body=inner):
                # `with database:` calls nothing by name
                called = (one.context_expr for one in items if isinstance(one.context_expr, ast.Call))
                yield from map(called_name, called)
                yield from calls_of(inner, unset)
            case ast.If(test=ast.Name(id=name), orelse=orelse) if name in unset:
                yield from calls_of(orelse, unset)
            case ast.Expr(value=ast.Call() as call):
                yield called_name(call)
            case ast.If(body=inner, orelse=[]) if is_main_guard(statement):
                yield from calls_of(inner, unset)
            case _:
                yield ""


def called_name(expression: ast.expr) -> str:
    return last_name(expression.func if isinstance(expression, ast.Call) else expression)
