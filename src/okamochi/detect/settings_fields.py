"""Variables that the fields of pydantic-settings classes are read from."""

import ast
from collections.abc import Iterator

from okamochi.detect.environment_read import Read
from okamochi.detect.python_source import Module
from okamochi.detect.read_values import keyword_value, literal_of, name_of_keyword
from okamochi.detect.settings_classes import is_settings_class
from okamochi.detect.syntax import walk

__all__ = ["settings_fields"]


def settings_fields(module: Module, settings: frozenset[str]) -> Iterator[Read]:
    """Fields of pydantic-settings classes: NAME, in capitals unless it is case_sensitive."""
    for node in module.of(ast.ClassDef):
        if not is_settings_class(node, settings):
            continue
        prefix, exact = _prefix(node), _is_exact(node)
        for statement in node.body:
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                name = f"{prefix}{statement.target.id}"
                yield from _field(statement, statement.target.id, name if exact else name.upper(), module)


def may_be_none(annotation: ast.expr, module: Module) -> bool:
    """Before Pydantic 2, which moved settings into a package of their own, Optional alone made a default."""
    written = ast.unparse(annotation)
    optional = written.startswith(("Optional[", "typing.Optional[")) or written.endswith("| None")
    return optional and "pydantic_settings" not in module.text


def _field(statement: ast.AnnAssign, name: str, full: str, module: Module) -> Iterator[Read]:
    if name.startswith("_") or name == "model_config":
        return
    value: ast.expr | None = statement.value
    if isinstance(value, ast.Call) and ast.unparse(value.func).endswith("Field"):
        alias = (
            name_of_keyword(value, "validation_alias")
            or name_of_keyword(value, "alias")
            or name_of_keyword(value, "env")
        )
        full = alias or full
        given = value.args[0] if value.args else keyword_value(value, "default")
        factory = keyword_value(value, "default_factory")
        value = None if isinstance(given, ast.Constant) and given.value is ... else given or factory
    has_default = value is not None or may_be_none(statement.annotation, module)
    must = not has_default
    yield Read(full, statement.lineno, must, has_default, literal_of(value), used_as=name.upper(), field=name)


def _is_exact(node: ast.ClassDef) -> bool:
    """Whether names count as they are written: case_sensitive=True.
    https://docs.pydantic.dev/latest/concepts/pydantic_settings/#case-sensitivity"""
    for inner in walk(node):
        match inner:
            case ast.keyword(arg="case_sensitive", value=ast.Constant(value=True)):
                return True
            case ast.Assign(targets=[ast.Name(id="case_sensitive")], value=ast.Constant(value=True)):
                return True
            case _:
                pass
    return False


def _prefix(node: ast.ClassDef) -> str:
    for inner in walk(node):
        match inner:
            case ast.keyword(arg="env_prefix", value=ast.Constant(value=str(text))):
                return text
            case ast.Assign(targets=[ast.Name(id="env_prefix")], value=ast.Constant(value=str(text))):
                return text
            case _:
                pass
    return ""
