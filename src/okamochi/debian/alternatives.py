"""What `update-alternatives --install` in the scripts of packages would choose (update-alternatives(1))."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Alternative", "alternatives_of", "joined_lines"]

INSTALL = re.compile(
    r"update-alternatives(?:\s+--(?:quiet|force))*\s+--install\s+(?P<link>/\S+)\s+\S+\s+(?P<path>/\S+)"
    r"\s+(?P<priority>\d+)(?P<slaves>(?:\s+--slave\s+/\S+\s+\S+\s+/\S+)*)"
)
SLAVE = re.compile(r"--slave\s+(/\S+)\s+\S+\s+(/\S+)")
CONTINUED = re.compile(r"\\\n\s*")


@dataclass(frozen=True, slots=True)
class Alternative:
    """`link` is the name that is made, `path` what it leads to; both without the leading slash."""

    link: str
    path: str
    priority: int


def joined_lines(script: str) -> str:
    """Each statement that goes on after a backslash, on one line."""
    return CONTINUED.sub(" ", script)


def alternatives_of(scripts: Iterable[str]) -> tuple[Alternative, ...]:
    """Those that are written out, without variables of the shell; the best first."""
    found: set[Alternative] = set()
    for match in (one for script in scripts for one in INSTALL.finditer(joined_lines(script))):
        pairs = [(match["link"], match["path"]), *SLAVE.findall(match["slaves"])]
        found.update(
            Alternative(link.lstrip("/"), path.lstrip("/"), int(match["priority"]))
            for link, path in pairs
            if "$" not in link + path
        )
    return tuple(sorted(found, key=lambda one: (-one.priority, one.link, one.path)))
