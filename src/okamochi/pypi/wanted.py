"""The question that is put to package indexes."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from okamochi.model.plan import Dependencies
from okamochi.pypi.built_wheel import Built
from okamochi.pypi.target import Target

__all__ = ["Wanted"]

NOTHING: Mapping[str, Built] = {}


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a project asks for, for one Python on one platform; `root` is its folder, whose files name the
    indexes. Wheels `built` from source count as if an index had them; `direct` are those that take the place
    of a line, by its specifier."""

    root: Path
    dependencies: Dependencies
    target: Target
    built: tuple[Built, ...] = ()
    direct: Mapping[str, Built] = NOTHING

    @property
    def own(self) -> tuple[Built, ...]:
        """All wheels of one's own making, each once."""
        return tuple({one.wheel: one for one in (*self.built, *self.direct.values())}.values())
