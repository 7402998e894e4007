"""What a service of a Compose file says, whichever of its forms it has: of plain data, as `Node.plain` is."""

import posixpath
from collections.abc import Mapping
from typing import Any

import msgspec

from okamochi.system.patterns import regex
from okamochi.system.tables import items_of, table_of

__all__ = ["COMPOSE_NAMES", "Build", "build_of", "mounts_of", "pairs", "strings"]

# in the order in which Compose looks for them
COMPOSE_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
DEFAULT = regex(r"\$\{\w+:?-([^}]*)\}")


class Build(msgspec.Struct, frozen=True):
    """`context` is a folder and `dockerfile` a file, both as seen from the folder of the Compose file; of
    variables, what counts where nobody sets them. `target` is "" for the last stage."""

    context: str
    dockerfile: str
    target: str

    @classmethod
    def of(cls, said: object) -> "Build":
        table = said if isinstance(said, dict) else {"context": said}
        context = posixpath.normpath(DEFAULT.sub(r"\1", str(table.get("context") or ".")))
        dockerfile = posixpath.normpath(posixpath.join(context, str(table.get("dockerfile") or "Dockerfile")))
        return cls(context, dockerfile, str(table.get("target") or "").lower())

    def below(self, folder: str) -> "Build":
        """As seen from where that folder of the Compose file is seen."""
        context, dockerfile = (posixpath.join(folder, one) for one in (self.context, self.dockerfile))
        return Build(posixpath.normpath(context), posixpath.normpath(dockerfile), self.target)


def build_of(service: Mapping[str, Any]) -> Build | None:
    """None for a service that is not built."""
    said = service.get("build")
    return Build.of(said) if said else None


def mounts_of(service: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    """Sources and targets as they are written, and whether they are read only."""
    found = []
    for one in items_of(service.get("volumes")):
        long = table_of(one)
        if long:
            source, target = (str(long.get(key) or "") for key in ("source", "target"))
            found.append((source, target, bool(long.get("read_only"))))
        else:
            source, _, rest = str(one).partition(":")
            target, _, mode = rest.partition(":")
            found.append((source, target, "ro" in mode.split(",")))
    return found


def strings(value: Any) -> list[str]:
    """Of short forms and long ones."""
    found = []
    for one in items_of(value):
        if isinstance(one, dict) and "path" in one:
            found.append(str(one["path"]))
        elif isinstance(one, dict):
            found.append(f"{one.get('source', one.get('published', ''))}:{one.get('target', '')}")
        else:
            found.append(str(one))
    return found


def pairs(value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [(str(key), "" if text is None else str(text)) for key, text in value.items()]
    split = (one.partition("=") for one in items_of(value) if isinstance(one, str))
    return [(name, text) for name, _, text in split]
