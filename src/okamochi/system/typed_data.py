"""JSON and tables of our own, as values of the types that they were written from.

msgspec works a type out when it is first asked for it, and frees memory twice where an exception, such as
Ctrl-C, comes in between: the process would crash. So signals wait until it has done.
"""

from typing import Any, TypeVar, overload

import msgspec

from okamochi.system.signals import undisturbed

__all__ = ["typed_json", "typed_table"]

T = TypeVar("T")


@overload
def typed_json(content: bytes | str, kind: type[T]) -> T: ...
@overload
def typed_json(content: bytes | str, kind: Any) -> Any: ...
def typed_json(content: bytes | str, kind: Any) -> Any:
    """msgspec.DecodeError or its ValidationError for what is none of that kind."""
    with undisturbed():
        return msgspec.json.decode(content, type=kind)


def typed_table(table: object, kind: type[T], *, strict: bool = True) -> T:
    """The same of what TOML has given; where not `strict`, "8" is a number as well."""
    with undisturbed():
        return msgspec.convert(table, kind, strict=strict)
