"""One place where code reads a variable."""

import msgspec

__all__ = ["Read"]


class Read(msgspec.Struct, frozen=True):
    """One place that reads a variable. `must` when reading fails without it; `conditional` when the place
    is not always reached, `branched` when a condition or a failure decides that, and not only whether
    somebody asks for a page; `function` is the innermost function, "" at module and class level.
    `used_as` is the name that receives the value: "SECRET_KEY" for app.config["SECRET_KEY"] = ...
    `field` is its name in a class of settings, "" elsewhere. `shape` is the text of a default that is put
    together of other values, with {} in the place of each.
    """

    name: str
    line: int
    must: bool = False
    has_default: bool = False
    default: str | None = None
    conditional: bool = False
    branched: bool = False
    function: str = ""
    used_as: str = ""
    field: str = ""
    shape: str = ""
