"""Addresses of wheels that the project itself wrote (PEP 508 `name @ url`), and what of them a lock may hold.

A lock is committed and shared: it gets neither user and password nor the value of a ${VARIABLE}.
"""

import posixpath
import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

from okamochi.errors import BuildError, PlanError
from okamochi.model.lock import LockedWheel
from okamochi.pypi.requirement_line import RequirementLine
from okamochi.pypi.specifiers import parsed_specifier
from okamochi.system.patterns import regex

__all__ = ["address_for_lock", "own_address", "refuse_tokens", "without_credentials"]

VARIABLE = "${"
SECRET_NAME = regex(
    r"sig|se|sp|sv|code|.*(?:signature|token|secret|passw|credential|auth|jwt|key).*|x-(?:amz|goog)-.*",
    re.IGNORECASE,
)


def refuse_tokens(lines: Iterable[RequirementLine]) -> None:
    """PlanError for an address whose query looks like a signature or a token written out: it would be in
    the lock, and in the project's history."""
    for line in lines:
        query = parse_qsl(urlsplit(url_of(line)).query, keep_blank_values=True)
        named = [name for name, value in query if SECRET_NAME.fullmatch(name) and VARIABLE not in value]
        if named:
            raise PlanError(
                f"the address of {line.name} has what looks like a secret in its query: {named[0]}=…",
                where=line.where,
                hint=f"write it as a variable ({named[0]}=${{TOKEN}}) and set that where you build, or serve "
                "the wheel from an index with .netrc",
            )


def address_for_lock(url: str, filename: str, asked: Iterable[RequirementLine]) -> str:
    """`url`, which uv used for the wheel, as a lock may hold it: with the project's own variables."""
    own = (address for line in asked if VARIABLE in (address := url_of(line)))
    return without_credentials(next((one for one in own if filename_of(one) == filename), url))


def own_address(wheel: LockedWheel, lines: Iterable[RequirementLine]) -> str:
    """Where to fetch a wheel that has an address: as the project does, with user, password and variables;
    else as the lock says. BuildError for a variable that only the lock names: its value could go anywhere."""
    for line in lines:
        address = url_of(line) if line.name == wheel.name else ""
        if address and without_credentials(address) == wheel.url:
            return address
    if VARIABLE in wheel.url:
        raise BuildError(
            f"the lock's address of {wheel.name} has a variable, and no requirement of the project says so",
            where=f"okamochi.lock, wheel {wheel.name}",
            hint="restore okamochi.lock from version control, or remove it and run 'okamochi lock'",
        )
    return wheel.url


def url_of(line: RequirementLine) -> str:
    asked = parsed_specifier(line.specifier)
    return (asked.url or "").partition("#")[0] if asked is not None else ""


def filename_of(url: str) -> str:
    return posixpath.basename(unquote(urlsplit(url).path))


def without_credentials(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))
