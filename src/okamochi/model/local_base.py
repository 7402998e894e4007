"""A base image that lies on this machine: in an OCI layout, or in an engine. Written as sinks are."""

import msgspec

from okamochi.system.patterns import regex

__all__ = ["LocalBase", "local_base", "reference_of"]

LAYOUT = regex(r"layout:(?P<folder>[^:\n\0]+)(?::(?P<tag>[\w][\w.-]{0,127}))?")
ENGINE = regex(r"(?P<engine>docker|podman):(?P<name>[a-zA-Z0-9][^\s\0]*)")


class LocalBase(msgspec.Struct, frozen=True):
    """`place` is the layout's folder, relative to the project, or the image's name in the engine; `tag`
    chooses among several images of a layout. `engine` is "" for a layout."""

    place: str
    tag: str = ""
    engine: str = ""

    @property
    def told(self) -> str:
        if self.engine:
            return f"{self.engine}'s image {self.place}"
        return f"the image {self.tag + ' ' if self.tag else ''}in the OCI layout {self.place}"


def reference_of(name: str) -> str:
    """What a base is called without where it lies: an image's reference, or a layout's folder."""
    local = local_base(name)
    return name if local is None else local.place


def local_base(name: str) -> LocalBase | None:
    """ "layout:DIR", "layout:DIR:TAG", "docker:NAME", "podman:NAME"; None for what a registry has."""
    if (found := LAYOUT.fullmatch(name)) is not None:
        return LocalBase(found["folder"], tag=found["tag"] or "")
    if (found := ENGINE.fullmatch(name)) is not None:
        return LocalBase(found["name"], engine=found["engine"])
    return None
