"""What stands in the body of a module, a class or a function, without evaluating any of it."""

import ast
from collections.abc import Iterator, Sequence

from okamochi.detect.source.flask_values import ClassDefinition, Function
from okamochi.detect.source.python_source import is_main_guard

__all__ = ["argument_names", "flat_statements", "method_of", "own_attributes"]


def own_attributes(method: ast.FunctionDef) -> dict[str, ast.expr]:
    """What a method assigns to attributes of its object; the last assignment counts."""
    if not method.args.args:
        return {}
    own = method.args.args[0].arg
    found: dict[str, ast.expr] = {}
    for statement in flat_statements(method.body):
        match statement:
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=holder), attr=name)], value=value):
                pass
            case ast.AnnAssign(
                target=ast.Attribute(value=ast.Name(id=holder), attr=name), value=ast.expr() as value
            ):
                pass
            case _:
                continue
        if holder == own:
            found[name] = value
    return found


def method_of(definition: ClassDefinition, name: str) -> Function | None:
    for statement in definition.node.body:
        if isinstance(statement, ast.FunctionDef) and statement.name == name:
            return Function(definition.path, statement)
    return None


def argument_names(node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, ...]:
    arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
    extra = tuple(a.arg for a in (node.args.vararg, node.args.kwarg) if a is not None)
    return (*(argument.arg for argument in arguments), *extra)


def flat_statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements in order, those inside if, try, with, for, while, match included; not those of functions
    and classes, nor those below `if __name__ == "__main__"`, of which a server runs the `else` alone."""
    waiting = [iter(body)]
    while waiting:
        statement = next(waiting[-1], None)
        if statement is None:
            waiting.pop()
        elif isinstance(statement, ast.If) and is_main_guard(statement):
            waiting.append(iter(statement.orelse))
        else:
            yield statement
            waiting += [iter(block) for block in reversed(blocks(statement))]


def blocks(statement: ast.stmt) -> tuple[Sequence[ast.stmt], ...]:
    match statement:
        case ast.If() | ast.For() | ast.AsyncFor() | ast.While():
            return (statement.body, statement.orelse)
        case ast.With() | ast.AsyncWith():
            return (statement.body,)
        case ast.Try():
            handlers = tuple(handler.body for handler in statement.handlers)
            return (statement.body, *handlers, statement.orelse, statement.finalbody)
        case ast.Match():
            return tuple(case.body for case in statement.cases)
        case _:
            return ()
