"""Statements that set an application up, or what its functions work with: calls that change the app, values
that are for its functions, functions that make such values.

    app.register_blueprint(shop)        db_session.global_init("db/shop.db")
    api.add_resource(Items, "/items")   model = joblib.load("model.pkl")
"""

import ast
from collections.abc import Sequence

import msgspec

from okamochi.detect.source.python_source import Module, is_main_guard
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import descendants
from okamochi.pypi.python_values import last_name
from okamochi.system.patterns import regex

__all__ = ["asks_the_command_line", "set_up_by"]

OF_CONFIGURATION = regex(
    r"(?P<app>\w+)\.(?:config\.(?:from_\w+|update)|register_\w+|add_url_rule|add_template_\w+"
    r"|jinja_env\.(?:globals|filters|tests)\.update|(?:before|after|teardown)_(?:request|appcontext))"
)
OF_EXTENSIONS = regex(r"(?!.*(?:toolbar|debug|reload))\w+\.init_app")
# https://flask-restful.readthedocs.io/en/latest/quickstart.html, of an object that has the app already
OF_ROUTES = regex(r"\w+\.(?:add_resource|add_namespace)")
SET = regex(
    r"(?P<app>\w+)\.(?:secret_key|wsgi_app|config\[['\"](?P<key>\w+)['\"]\]"
    r"|jinja_env\.(?:globals|filters|tests)\[['\"]\w+['\"]\])"
)
# what the desk alone is for
OF_THE_DESK = frozenset(["DEBUG", "ENV", "TESTING", "TEMPLATES_AUTO_RELOAD", "SEND_FILE_MAX_AGE_DEFAULT"])
STARTERS = frozenset(["run", "start", "serve", "serve_forever"])
OF_THE_COMMAND_LINE = frozenset(["parse_args", "parse_known_args", "argv", "input"])


class SetUp(msgspec.Struct, frozen=True):
    """`beginning` is the source of what is called or set, without any value; `shown` says so in words.
    `of_an_app`: only where the statement is about the very app."""

    beginning: str
    shown: str
    of_an_app: bool = True


def set_up_by(statement: ast.stmt, module: Module, sources: Sources) -> SetUp | None:
    match statement:
        case ast.Expr(value=ast.Call(func=function)):
            called = ast.unparse(function)
            if OF_CONFIGURATION.fullmatch(called) or OF_EXTENSIONS.fullmatch(called):
                return SetUp(called, f"calls {called}()")
            if OF_ROUTES.fullmatch(called):
                return SetUp(called, f"calls {called}()", of_an_app=False)
            made = _kept_by(function, module, sources)
            return SetUp(called, f"calls {called}(), which sets {made}", of_an_app=False) if made else None
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as made) if _is_for_functions(
            statement, made, module
        ):
            return SetUp(name, f"sets {name}, which nothing there reads", of_an_app=False)
        case ast.Assign(targets=[target]):
            match = SET.fullmatch(ast.unparse(target))
            if match is None or match["key"] in OF_THE_DESK:
                return None
            return SetUp(match[0], f"sets {match[0]}")
        case _:
            return None


def asks_the_command_line(statement: ast.stmt, body: Sequence[ast.stmt]) -> bool:
    """Whether what it needs comes from there, where a server has words of its own."""
    needed, names = [statement], _names(statement)
    for one in reversed(body[: next((at for at, other in enumerate(body) if other is statement), 0)]):
        if isinstance(one, ast.Assign | ast.AnnAssign) and _stored(one) & names:
            needed.append(one)
            names |= _names(one)
    attributes = {node.attr for one in needed for node in descendants(one) if isinstance(node, ast.Attribute)}
    return bool((names | attributes) & OF_THE_COMMAND_LINE)


def _kept_by(function: ast.expr, module: Module, sources: Sources) -> str:
    """The name of a module that a function of the project sets when it is called: `global engine`."""
    match function:
        case ast.Name(id=name):
            path = next((one.path for one in sources.taken(module.path) if one.local == name), module.path)
        case ast.Attribute(value=ast.Name(id=holder), attr=name):
            path = sources.module_called(holder, module.path)
        case _:
            return ""
    found = sources.module(path).tree.body if path else ()
    for one in found:
        if isinstance(one, ast.FunctionDef) and one.name == name:
            kept = [own for node in descendants(one) if isinstance(node, ast.Global) for own in node.names]
            stored = {node for statement in one.body for node in _stored(statement)}
            return next((own for own in kept if own in stored), "")
    return ""


def _is_for_functions(statement: ast.Assign, made: ast.Call, module: Module) -> bool:
    """Whether a value below the main guard is for the module's functions: nothing there reads it."""
    if last_name(made.func) in STARTERS:
        return False
    for guard in module.tree.body:
        if isinstance(guard, ast.If) and is_main_guard(guard) and statement in guard.body:
            return not _stored(statement) & {name for one in guard.body for name in _names(one)}
    return False


def _names(statement: ast.stmt) -> set[str]:
    return {one.id for one in descendants(statement) if isinstance(one, ast.Name) and _loads(one)}


def _stored(statement: ast.stmt) -> set[str]:
    return {one.id for one in descendants(statement) if isinstance(one, ast.Name) and not _loads(one)}


def _loads(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Load)
