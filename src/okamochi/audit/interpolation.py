"""Values as Compose reads them: its variables taken from .env, or from the default that is written."""

import posixpath
import re
from collections.abc import Mapping

from okamochi.audit.setup import Setup
from okamochi.errors import UsageError
from okamochi.model.env_file import parse_env_file
from okamochi.system.patterns import regex

__all__ = ["MANY", "known_to_compose", "references", "resolved"]

MANY = regex(r"\$\$|\$\{(\w+)(?:(:?[-?+])((?:[^{}]|\$\{[^{}]*\})*))?\}|\$([A-Za-z_]\w*)")
Reference = tuple[str, str, str]


def references(text: str) -> tuple[Reference, ...]:
    """(variable, operator, word) of each that Compose replaces: ${PORT:-80} is ("PORT", ":-", "80")."""
    found = (one for one in MANY.finditer(text) if one[0] != "$$")
    return tuple((one[1] or one[4], one[2] or "", one[3] or "") for one in found)


def resolved(text: str, known: Mapping[str, str] | None = None) -> str | None:
    """The text as Compose makes it; None where a variable is neither known nor has a default."""
    unknown = False

    def value(found: re.Match[str]) -> str:
        nonlocal unknown
        if found[0] == "$$":
            return "$"
        name, operator, word = found[1] or found[4], found[2] or "", found[3] or ""
        given = (known or {}).get(name)
        if given or (given is not None and operator in ("", "-", "?")):
            return word if operator.endswith("+") else given
        if not operator.endswith("-"):
            unknown = True
            return ""
        inner = resolved(word, known)
        unknown = unknown or inner is None
        return inner or ""

    text = MANY.sub(value, text)
    return None if unknown else text


def known_to_compose(setup: Setup, path: str) -> Mapping[str, str]:
    """What the .env beside a Compose file gives; empty where there is none.
    https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/"""
    beside = posixpath.join(posixpath.dirname(path), ".env")
    try:
        return dict(parse_env_file(setup.file(beside).text, where=beside).values)
    except UsageError:
        return {}
