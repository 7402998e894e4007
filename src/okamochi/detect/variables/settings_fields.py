"""Variables that the fields of pydantic-settings classes are read from."""

import ast
from collections.abc import Iterator

import msgspec

from okamochi.detect.source.python_source import Module
from okamochi.detect.source.read_values import literal_of, name_in, shape_of
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import argument, keyword_value, walk
from okamochi.detect.variables.environment_read import Read
from okamochi.detect.variables.settings_classes import is_settings_class
from okamochi.detect.variables.settings_models import lineage_of, model_of
from okamochi.pypi.python_values import last_name

__all__ = ["settings_fields"]

DEPTH = 4
CHOICES = "AliasChoices"


class _Rules(msgspec.Struct, frozen=True):
    """How a class makes names of its fields: `prefix`, then the field in capitals, unless letters count as
    they are written (`exact`); `delimiter` before the fields of a field, "" where those have no names."""

    prefix: str
    exact: bool
    delimiter: str

    def name(self, field: str) -> str:
        full = f"{self.prefix}{field}"
        return full if self.exact else full.upper()

    def inside(self, field: str) -> "_Rules":
        return msgspec.structs.replace(self, prefix=f"{self.prefix}{field}{self.delimiter}")


def settings_fields(
    module: Module, settings: frozenset[str], sources: Sources | None = None
) -> Iterator[Read]:
    """Fields of pydantic-settings classes: NAME, in capitals unless it is case_sensitive."""
    for node in module.of(ast.ClassDef):
        if is_settings_class(node, settings):
            given = _given_by_code(node.name, sources) if sources is not None else frozenset()
            rules = _rules(module, node, sources)
            own = tuple(_fields(module, node, rules, sources))
            handed = _handed_down(module, node, settings, rules, sources) if sources is not None else ()
            said = {one.field for one in own}
            for one in (*own, *(one for one in handed if one.field not in said)):
                if one.field not in given:
                    yield one


def _handed_down(
    module: Module, node: ast.ClassDef, settings: frozenset[str], rules: _Rules, sources: Sources
) -> tuple[Read, ...]:
    """What it has from classes that read nothing themselves, `class Mail(BaseModel)` of
    `class Settings(Mail, BaseSettings)`; one of another module is told at the line of the class."""
    found: dict[str, Read] = {}
    for place, parent in lineage_of(module, node, sources):
        if parent.name in settings:
            continue
        for one in _fields(place, parent, rules, sources):
            line = one.line if place is module else node.lineno
            found.setdefault(one.name, msgspec.structs.replace(one, line=line))
    return tuple(found.values())


def _given_by_code(name: str, sources: Sources) -> frozenset[str]:
    """The fields that each call of the class gives itself, which come before any variable: Server(url=url).
    https://docs.pydantic.dev/latest/concepts/pydantic_settings/#field-value-priority"""
    called = [
        frozenset(keyword.arg for keyword in call.keywords if keyword.arg is not None)
        for module in sources.mentioning(f"{name}(")
        for call in module.of(ast.Call)
        if isinstance(call, ast.Call) and last_name(call.func) == name
    ]
    return frozenset.intersection(*called) if called else frozenset()


def may_be_none(annotation: ast.expr, module: Module) -> bool:
    """Before Pydantic 2, which moved settings into a package of their own, Optional alone made a default."""
    written = ast.unparse(annotation)
    optional = written.startswith(("Optional[", "typing.Optional[")) or written.endswith("| None")
    return optional and "pydantic_settings" not in module.text


def _fields(
    module: Module, node: ast.ClassDef, rules: _Rules, sources: Sources | None, depth: int = DEPTH
) -> Iterator[Read]:
    for statement in node.body:
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        reads = _field(statement, statement.target.id, rules, module)
        model = model_of(statement.annotation, module, sources) if sources is not None else None
        if model is None or len(reads) != 1:
            yield from reads
            continue
        read = reads[0]
        inner = rules.inside(statement.target.id)
        nested = rules.delimiter and not model.reads_itself and depth
        for one in _fields(model.module, model.node, inner, sources, depth - 1) if nested else ():
            yield msgspec.structs.replace(one, line=read.line, must=one.must and read.must)
        if not nested and read.must and not model.reads_itself:
            yield read  # as JSON


def _field(statement: ast.AnnAssign, name: str, rules: _Rules, module: Module) -> tuple[Read, ...]:
    """One read for each name that the field may have; of several, none alone is needed."""
    if name.startswith("_") or name == "model_config":
        return ()
    names: tuple[str, ...] = ()
    value = statement.value
    field = next((one for one in _annotations(statement.annotation) if _is_field(one)), None)
    call = value if value is not None and _is_field(value) else field
    if isinstance(call, ast.Call):
        names = _aliases(call)
        given = argument(call, 0, "default") if call is value else value
        factory = keyword_value(call, "default_factory")
        value = None if isinstance(given, ast.Constant) and given.value is ... else given or factory
    has_default = value is not None or may_be_none(statement.annotation, module)
    return tuple(
        Read(
            full,
            statement.lineno,
            must=not has_default and len(names) < 2,
            has_default=has_default,
            default=literal_of(value),
            used_as=name.upper(),
            field=name,
            shape=shape_of(value),
        )
        for full in names or (rules.name(name),)
    )


def _is_field(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func).endswith("Field")


def _annotations(annotation: ast.expr) -> Iterator[ast.expr]:
    """What stands beside the type: Annotated[str, Field(alias="TOKEN")]."""
    match annotation:
        case ast.Subscript(value=outer, slice=ast.Tuple(elts=[_, *beside])) if (
            last_name(outer) == "Annotated"
        ):
            yield from beside
        case _:
            pass


def _aliases(call: ast.Call) -> tuple[str, ...]:
    """The names that a field has instead of its own: alias="TOKEN", AliasChoices("TOKEN", "OLD_TOKEN").
    https://docs.pydantic.dev/latest/concepts/alias/#aliaspath-and-aliaschoices"""
    for word in ("validation_alias", "alias", "env"):
        value = keyword_value(call, word)
        choices = value.args if isinstance(value, ast.Call) and last_name(value.func) == CHOICES else [value]
        names = tuple(filter(None, (name_in(_first_step(one)) for one in choices if one is not None)))
        if names:
            return names
    return ()


def _first_step(value: ast.expr) -> ast.expr:
    """Of AliasPath("LIMITS", 0), the variable, whose JSON the rest leads into."""
    match value:
        case ast.Call(func=function, args=[first, *_]) if last_name(function) == "AliasPath":
            return first
        case _:
            return value


def _rules(module: Module, node: ast.ClassDef, sources: Sources | None) -> _Rules:
    """As the class says, else one that it comes from."""
    parents = lineage_of(module, node, sources) if sources is not None else ()
    nodes = (node, *(parent for _, parent in parents))
    return _Rules(
        prefix=_option("env_prefix", nodes) or "",
        exact=_option("case_sensitive", nodes) == "True",
        delimiter=_option("env_nested_delimiter", nodes) or "",
    )


def _option(name: str, nodes: tuple[ast.ClassDef, ...]) -> str | None:
    found = (literal_of(value) for node in nodes for value in _given(name, node))
    return next((text for text in found if text is not None), None)


def _given(name: str, node: ast.ClassDef) -> Iterator[ast.expr]:
    """SettingsConfigDict(name=...), or an assignment of `class Config`.
    https://docs.pydantic.dev/latest/concepts/pydantic_settings/#case-sensitivity"""
    for inner in walk(node):
        match inner:
            case ast.keyword(arg=said, value=value) if said == name:
                yield value
            case ast.Assign(targets=[ast.Name(id=said)], value=value) if said == name:
                yield value
            case _:
                pass
