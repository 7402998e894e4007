"""Values with references to variables, where it is plain what they are in the container."""

import re

from okamochi.audit.containers import Container, ContainerKind
from okamochi.system.patterns import regex

__all__ = ["known", "megabytes", "number"]

REFERENCE = regex(r"\$\$|\$(?:(\w+)|\{(\w+)(?:(:?[-+?])([^}]*))?\}|\((\w+)\))")
SIZE = regex(r"(\d+(?:\.\d+)?)\s*([bkmg]?)(i?)b?", re.IGNORECASE)
UNITS = {"": 1 / 1_000_000, "b": 1 / 1_000_000, "k": 1 / 1000, "m": 1.0, "g": 1000.0}


def known(text: str, container: Container) -> str | None:
    """With the container's variables and the defaults that the text gives; None where one of them comes from
    elsewhere. Compose fills references in from the host's variables: there a default is what counts."""
    unknown = False

    def value(found: re.Match[str]) -> str:
        nonlocal unknown
        if found[0] == "$$":
            return "$"
        name, default = found[1] or found[2] or found[5], found[4] if (found[3] or "").endswith("-") else None
        given = container.variable(name)
        if given is not None and given.value and "$" not in given.value:
            if container.kind is not ContainerKind.COMPOSE or default is None or given.value == default:
                return given.value
        elif default is not None and given is None and "$" not in default:
            return default
        unknown = True
        return ""

    filled = REFERENCE.sub(value, text)
    return None if unknown else filled


def number(text: str | None) -> int | None:
    return int(text) if text is not None and re.fullmatch(r"\d{1,9}", text.strip()) else None


def megabytes(text: str) -> float | None:
    """Of "512m", "0.5G", "512Mi", "1Gi"; a number alone is bytes."""
    found = SIZE.fullmatch(text.strip())
    return float(found[1]) * UNITS[found[2].lower()] if found is not None else None
