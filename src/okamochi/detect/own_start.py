"""What a project does to its data each time its author starts it: the lines below `if __name__ == "__main__"`
that come before the server, which no server of production runs.

    if __name__ == "__main__":
        with app.app_context():
            db.create_all()
        app.run(debug=True)
"""

import ast
import re
from collections.abc import Iterator

from okamochi.detect.base import Detected
from okamochi.detect.flask_objects import APPLICATION_CLASSES, ClassDefinition, FlaskObjects, Function
from okamochi.detect.python_source import Module, dotted_name, import_root_of, is_main_guard
from okamochi.detect.syntax import descendants
from okamochi.detect.web_applications import Candidate
from okamochi.model.evidence import Evidence
from okamochi.model.plan import VENV_ROOT
from okamochi.system.patterns import regex

__all__ = ["made_by_extension", "own_start"]

MAKERS = frozenset(["create_all", "create_tables", "create_table"])
HARMLESS = frozenset(["print", "commit", "close", "push", "info", "debug"])
DROPS = regex(
    r"\b(?:drop\w*|truncate\w*|delete\w*|unlink|remove|rmtree|flush\w*|reset\w*|input|getpass)\("
    r"|\bdrop\s|\bdelete\s+from\b|\btruncate\s",
    re.IGNORECASE,
)
# A function that goes on to serve, main() for example, would keep the app from ever starting.
STAYS = regex(r"\b(?:run\w*|serve\w*|start\w*|listen|launch|sleep)\(|\bwhile (?:True|1)\b")
# The program has neither words of a command line nor anybody who answers.
ASKS = regex(r"\b(?:parse_args|parse_known_args|sys\.argv|docopt|input|getpass)\b")
CREATES = regex(r"\b(?:create_all|create_tables?)\(|\bcreate\s+table\b", re.IGNORECASE)
TESTS = regex(r"(?:.*/)?(?:tests?/.*|conftest\.py|test_[^/]*\.py|[^/]*_tests?\.py|tests?\.py)")
EXTENSION = "flask_sqlalchemy.SQLAlchemy"


def own_start(objects: FlaskObjects, paths: tuple[str, ...]) -> Detected[tuple[str, ...]] | None:
    """The statements of the first module that makes tables so, of the server's `paths` and of the scripts
    beside them. Whoever starts the app by hand runs them each time: they may run before each start, unless
    they drop something."""
    beside = (path for path in objects.sources.paths if "/" not in path)
    for path in dict.fromkeys((*paths, *beside)):
        module = objects.sources.module(path)
        if path not in paths and _drops_when_imported(module):
            continue
        for statement in module.tree.body:
            if is_main_guard(statement) and isinstance(statement, ast.If):
                program = _program(objects, module, statement.body)
                if program:
                    reason = f"makes the tables whenever {path} is run, before it serves"
                    place = Evidence(path=path, line=statement.lineno, reason=reason)
                    return Detected((f"{VENV_ROOT}/bin/python", "-c", program), (place,))
    return None


def _drops_when_imported(module: Module) -> bool:
    """A script that the server does not load is imported for its names, with all that it does beside them."""
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    done = (one for one in module.tree.body if not isinstance(one, definitions) and not is_main_guard(one))
    return any(DROPS.search(ast.unparse(one)) for one in done)


def _program(objects: FlaskObjects, module: Module, body: list[ast.stmt]) -> str:
    """Python that does the same without the rest of the start; "" when nothing there makes tables, or when
    that rests on what somebody types."""
    chosen = [one for one in body if _makes_tables(objects, module, one)]
    if not chosen:
        return ""
    needed = {name for one in chosen for name in _names(one)}
    prepared: list[ast.stmt] = []
    for one in reversed(body[: body.index(chosen[0])]):
        if isinstance(one, ast.Assign) and needed & {
            name for target in one.targets for name in _names(target)
        }:
            prepared.insert(0, one)
            needed |= set(_names(one.value))
        elif isinstance(one, ast.Import | ast.ImportFrom):
            prepared.insert(0, one)
    if any(ASKS.search(ast.unparse(one)) for one in (*prepared, *chosen)):
        return ""
    local = {name for one in prepared for name in _bound(one)}
    taken = sorted(name for name in needed - local if name in objects.names(module.path))
    head = [f"from {_dotted(objects, module.path)} import {', '.join(taken)}"] if taken else []
    return "\n".join((*head, *(ast.unparse(one) for one in (*prepared, *chosen))))


def _makes_tables(objects: FlaskObjects, module: Module, statement: ast.stmt) -> bool:
    """A call that makes tables, or of the project's own function that does; alone, or within an app's context
    or a condition. What serves, prints or asks is none, and nothing that drops is."""
    match statement:
        case ast.With(body=body) | ast.If(body=body, orelse=[]):
            makes = [_makes_tables(objects, module, one) for one in body]
            return any(makes) and all(made or _harmless(one) for made, one in zip(makes, body, strict=True))
        case ast.Expr(value=ast.Call() as call):
            return _is_maker(objects, module, call)
        case _:
            return False


def _harmless(statement: ast.stmt) -> bool:
    called = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(called, ast.Call):
        return isinstance(statement, ast.Import | ast.ImportFrom | ast.Pass)
    return ast.unparse(called.func).rpartition(".")[2] in HARMLESS


def _is_maker(objects: FlaskObjects, module: Module, call: ast.Call) -> bool:
    if isinstance(call.func, ast.Attribute) and call.func.attr in MAKERS:
        return True
    name = ast.unparse(call.func)
    value = objects.resolve(module.path, name) if isinstance(call.func, ast.Name) else None
    if not isinstance(value, Function) or isinstance(value.node, ast.AsyncFunctionDef):
        return False
    texts = [ast.unparse(one) for one in _bodies(objects, value)]
    refused = (DROPS, STAYS, ASKS)
    return any(map(CREATES.search, texts)) and not any(one.search(text) for one in refused for text in texts)


def _bodies(objects: FlaskObjects, function: Function, depth: int = 3) -> Iterator[ast.AST]:
    """A function and those of the project that it calls by name."""
    yield function.node
    for node in descendants(function.node) if depth else ():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            inner = objects.resolve(function.path, node.func.id)
            if isinstance(inner, Function) and inner.node is not function.node:
                yield from _bodies(objects, inner, depth - 1)


def _names(node: ast.AST) -> Iterator[str]:
    return (one.id for one in descendants(node) if isinstance(one, ast.Name))


def _bound(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            yield from _names(target)
    elif isinstance(statement, ast.Import | ast.ImportFrom):
        for alias in statement.names:
            yield (alias.asname or alias.name).split(".")[0]


def made_by_extension(
    objects: FlaskObjects, paths: tuple[str, ...], candidate: Candidate
) -> Detected[tuple[str, ...]] | None:
    """create_all() of Flask-SQLAlchemy, where nothing but tests calls it: people do it by hand, once."""
    others = (path for path in objects.sources.all_paths if TESTS.fullmatch(path) is None)
    if any("create_all" in objects.sources.text(path) for path in others):
        return None
    if not candidate.is_factory and not _is_flask_itself(objects, candidate):
        return None
    for path in paths:
        name, line = _extension(objects.sources.module(path))
        if name:
            lines = (
                f"from {candidate.module} import {candidate.name}",
                f"from {_dotted(objects, path)} import {name}",
                f"with {candidate.name}{candidate.call}.app_context(): {name}.create_all()",
            )
            place = Evidence(
                path=path, line=line, reason=f"nothing in the project makes the tables of {name}"
            )
            return Detected((f"{VENV_ROOT}/bin/python", "-c", "\n".join(lines)), (place,))
    return None


def _extension(module: Module) -> tuple[str, int]:
    """`db = SQLAlchemy(...)`, with its line."""
    for statement in module.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=function)):
                if module.imports.full(function) == EXTENSION:
                    return name, statement.lineno
            case _:
                pass
    return "", 0


def _is_flask_itself(objects: FlaskObjects, candidate: Candidate) -> bool:
    """A wrapper such as ProxyFix(app) has no context."""
    path, line = candidate.origin
    module = objects.sources.module(path)
    for statement in module.of(ast.Assign):
        call = statement.value
        if statement.lineno == line and isinstance(call, ast.Call):
            own = objects.resolve(path, ast.unparse(call.func))
            return module.imports.full(call.func) in APPLICATION_CLASSES or isinstance(own, ClassDefinition)
    return False


def _dotted(objects: FlaskObjects, path: str) -> str:
    return dotted_name(path, import_root_of(path, objects.sources.known))
