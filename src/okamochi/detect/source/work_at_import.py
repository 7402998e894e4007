"""Scripts that borrow the app for a task, which they do while they are imported: no server may load them."""

import ast
from collections.abc import Iterator

from okamochi.detect.source.python_source import Module, is_main_guard
from okamochi.detect.source.syntax import children, walk

__all__ = ["works_at_import"]

ENDS = frozenset(["sys.exit", "os._exit", "exit", "quit"])
# of a session of SQLAlchemy: rows come, change or go
ROWS = frozenset(["add", "add_all", "bulk_save_objects", "delete", "merge", "commit"])
APART = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def works_at_import(module: Module, name: str) -> bool:
    """Whether the import of a module that has the app as `name` ends the process or changes rows, and the
    module adds nothing to the app. With routes, commands or app.run() of its own it is the app's."""
    words = ("exit", "quit", "session")
    if not any(word in module.text for word in words) or _adds_to(module, name):
        return False
    run = [node for statement in module.tree.body for node in _run_by_import(statement)]
    functions = {one.name: one for one in module.tree.body if isinstance(one, ast.FunctionDef)}
    called = [
        functions[node.func.id]
        for node in run
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in functions
    ]
    return any(
        _ends_or_changes(node, module) for node in (*run, *(inner for one in called for inner in walk(one)))
    )


def _run_by_import(statement: ast.AST) -> Iterator[ast.AST]:
    """All nodes of a statement but for what only a call, or running the file itself, would reach."""
    if isinstance(statement, APART) or (isinstance(statement, ast.stmt) and is_main_guard(statement)):
        return
    yield statement
    for one in children(statement):
        yield from _run_by_import(one)


def _ends_or_changes(node: ast.AST, module: Module) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=verb)):
            if verb in ROWS and owner.endswith("session"):
                return True
            return module.imports.full(node.func) in ENDS
        case ast.Call(func=ast.Name(id=name)):
            return (module.imports.full(node.func) or name) in ENDS
        case _:
            return False


def _adds_to(module: Module, name: str) -> bool:
    """@app.route(...), @app.cli.command(), app.register_blueprint(...), app.run(): not what reads it."""
    for node in module.nodes:
        match node:
            case ast.FunctionDef(decorator_list=[_, *_] as decorators):
                if any(_root(one) == name for one in decorators):
                    return True
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=verb)):
                if owner == name and (verb == "run" or verb.startswith(("register_", "add_"))):
                    return True
            case _:
                continue
    return False


def _root(expression: ast.expr) -> str:
    while isinstance(expression, ast.Call | ast.Attribute):
        expression = expression.func if isinstance(expression, ast.Call) else expression.value
    return expression.id if isinstance(expression, ast.Name) else ""
