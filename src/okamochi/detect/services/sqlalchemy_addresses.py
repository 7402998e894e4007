"""Names whose whole value is the address of SQLAlchemy's database, whatever they are called.

app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get("STORE")    STORE
create_engine(os.environ["SHOP_CONNECTION"])                       SHOP_CONNECTION
create_async_engine(SHOP)                                          SHOP
f"postgresql://{os.environ['USER_NAME']}@db/shop"                  none: a part
"""

import ast
from collections.abc import Iterator

from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.detect.variables.prefixed_reads import ADDRESS_KEY
from okamochi.detect.variables.read_places import target_name

__all__ = ["names_of_addresses", "whole_value"]

ENGINES = frozenset(["create_engine", "create_async_engine"])
OWNERS = ("sqlalchemy.", "sqlmodel.")


def names_of_addresses(module: Module, sources: Sources) -> Iterator[str]:
    words = sources.words(module.path)
    if ADDRESS_KEY in words:
        for statement in module.of(ast.Assign, ast.AnnAssign):
            if target_name(statement) == ADDRESS_KEY and statement.value is not None:
                yield from whole_value(statement.value)
    if not ENGINES.isdisjoint(words):
        for call in module.of(ast.Call):
            full = module.imports.full(call.func)
            if call.args and full.startswith(OWNERS) and full.rpartition(".")[2] in ENGINES:
                yield from whole_value(call.args[0])


def whole_value(value: ast.expr) -> Iterator[str]:
    """What an expression is called that is nothing but a variable, an option or a constant."""
    match value:
        # a name in small letters is another thing in each function
        case ast.Name(id=name) | ast.Attribute(attr=name) if name.isupper():
            yield name
        case (
            ast.Subscript(slice=ast.Constant(value=str(name)))
            | ast.Call(args=[ast.Constant(value=str(name)), *_])
        ):
            yield name
        case _:
            pass
