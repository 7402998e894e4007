"""Which modules and functions run when the server loads the app."""

from collections import deque
from functools import cached_property

import msgspec

from okamochi.detect.source.callers import is_called
from okamochi.detect.source.flask_objects import FlaskObjects
from okamochi.detect.source.project_imports import loaded_files
from okamochi.detect.source.sources import Sources

__all__ = ["Reached", "loaded_from", "reached_from"]


class Loaded(msgspec.Struct, frozen=True):
    """The modules that are imported, one after the other, from one; `factory` is the function that the server
    calls then, "" for none."""

    paths: tuple[str, ...]
    factory: str = ""


class Reached(msgspec.Struct, frozen=True, dict=True):
    """What the server's loading of one or several modules reaches, as far as names tell; too much rather than
    too little."""

    parts: tuple[Loaded, ...]

    @cached_property
    def paths(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(path for part in self.parts for path in part.paths))

    def with_all(self, other: "Reached") -> "Reached":
        return Reached((*self.parts, *other.parts))

    def runs(self, name: str, objects: FlaskObjects) -> bool:
        """Whether functions of this name are called while the modules are imported, or a factory runs."""
        return any(is_called(name, part.paths, part.factory, objects) for part in self.parts)


def reached_from(path: str, factory: str, objects: FlaskObjects) -> Reached:
    """All that is loaded with a module; `factory` is the function that the server calls, "" for none."""
    return Reached((Loaded(loaded_from(path, objects), factory),))


def loaded_from(path: str, objects: FlaskObjects) -> tuple[str, ...]:
    """The modules that are imported, one after the other, from a module."""
    sources = objects.sources
    paths: dict[str, None] = {}
    waiting = deque([path])
    while waiting:
        current = waiting.popleft()
        if current in paths:
            continue
        paths[current] = None
        waiting += _packages_above(current, sources)
        waiting += sorted(loaded_files(current, sources))
    return tuple(paths)


def _packages_above(path: str, sources: Sources) -> list[str]:
    parts = path.split("/")[:-1]
    above = ["/".join((*parts[:length], "__init__.py")) for length in range(1, len(parts) + 1)]
    return [one for one in above if one in sources.known]
