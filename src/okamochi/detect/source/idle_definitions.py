"""Functions that a module gains or loses without any effect on a plan, as far as their headers tell.

Nothing calls such a function by its name; it may answer requests, beside others of its module that do. What
it does is judged statement by statement, as everything that is edited is (see okamochi.detect.source.idle).
"""

import ast
import re
from collections.abc import Iterable

from okamochi.system.patterns import regex

__all__ = ["VIEWS", "Function", "acts", "is_everyday", "is_idle_definition", "is_view", "parts_of"]

VIEWS = frozenset(["delete", "get", "patch", "post", "put", "route", "websocket"])
# A websocket asks more of a server.
ROUTES = VIEWS - {"websocket"}
# What a part of a name says that the function is looked for, whoever calls it.
ACTS = regex(
    r"(?:actor|asgi|boot|build|cli|create|cron|get|init|initialize|install|job|lifespan|load|main|make|migrate|"
    r"populate|prepare|ready|register|run|save|seed|serve|setup|shutdown|startup|store|task|upload|wsgi)s?",
    re.IGNORECASE,
)
# What a part of a path says that more than a visitor asks for it.
ASKED = regex(
    r"(?:admin|alive|docs|events|graphql|health\w*|heartbeat|lbheartbeat|live\w*|media|metrics|monitoring|openapi|"
    r"ping|ready\w*|socket\w*|static|status|stream|up|uploads?|ws)",
    re.IGNORECASE,
)
PATH = regex(r"(?:/[A-Za-z0-9<>:{}_-]+)+/?")
WORD = regex(r"[A-Za-z0-9]+")
PART = regex(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^A-Za-z_]+")
KEYWORDS = frozenset(["methods", "status_code", "strict_slashes"])
BUILTINS = frozenset(["bool", "bytes", "dict", "float", "int", "list", "str"])

Function = ast.FunctionDef | ast.AsyncFunctionDef


def parts_of(name: str) -> list[str]:
    """The words in a name: `upload_folder`, `UPLOAD_FOLDER` and `uploadFolder` have the same two."""
    return PART.findall(name)


def is_view(function: Function | None) -> bool:
    decorators = function.decorator_list if function is not None else ()
    called = [one.func if isinstance(one, ast.Call) else one for one in decorators]
    return any(isinstance(one, ast.Attribute) and one.attr in VIEWS for one in called)


def is_idle_definition(function: Function, others: Iterable[ast.stmt]) -> bool:
    """`others` are the statements of its module that were not edited: a decorator that none of their
    functions has is new to the project."""
    if acts(function.name) or not has_plain_arguments(function):
        return False
    known = {name_of(one) for other in others if isinstance(other, Function) for one in other.decorator_list}
    return all(is_known(one) and name_of(one) in known for one in function.decorator_list)


def acts(name: str) -> bool:
    return any(map(ACTS.fullmatch, parts_of(name)))


def has_plain_arguments(function: Function) -> bool:
    """Nothing that a framework or a library gives: what is annotated or given says what is needed."""
    arguments = function.args
    if arguments.defaults or any(arguments.kw_defaults) or arguments.vararg or arguments.kwarg:
        return False
    names = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    return all(is_plain(one) for one in (function.returns, *(name.annotation for name in names)))


def is_plain(annotation: ast.expr | None) -> bool:
    match annotation:
        case None | ast.Constant(value=None):
            return True
        case ast.Name(id=name):
            return name in BUILTINS
        case _:
            return False


def is_known(decorator: ast.expr) -> bool:
    """A name, or the route of an everyday page."""
    match decorator:
        case ast.Name(id=name):
            return not acts(name)
        case ast.Call(func=ast.Attribute(attr=verb), args=[ast.Constant(value=str(path))], keywords=keywords):
            return verb in ROUTES and is_everyday(path) and all(map(is_idle_keyword, keywords))
        case _:
            return False


def is_everyday(path: str) -> bool:
    return PATH.fullmatch(path) is not None and not any(map(ASKED.fullmatch, WORD.findall(path)))


def is_idle_keyword(keyword: ast.keyword) -> bool:
    match keyword.value:
        case ast.Constant(value=bool() | int()):
            return keyword.arg in KEYWORDS
        case ast.List(elts=methods) | ast.Tuple(elts=methods):
            return keyword.arg == "methods" and all(isinstance(one, ast.Constant) for one in methods)
        case _:
            return False


def name_of(decorator: ast.expr) -> str:
    """What it is called by, its arguments left out; of a route also without its verb."""
    match decorator:
        case ast.Call(func=ast.Attribute(value=holder, attr=verb)) if verb in ROUTES:
            return ast.unparse(holder)
        case ast.Call(func=called):
            return ast.unparse(called)
        case _:
            return ast.unparse(decorator)
