"""SQLite files that a project ships because their tables are nowhere else: made by hand, then committed."""

import re
from collections.abc import Iterable

from okamochi.detect.left_out import left_out
from okamochi.detect.python_source import Sources
from okamochi.detect.reachable import Reached
from okamochi.detect.writable_folders import Written
from okamochi.model.evidence import Decision, Evidence, Origin
from okamochi.model.plan import APP_ROOT
from okamochi.system.patterns import regex

__all__ = ["patterns_for", "shipped_databases", "shipped_decisions", "still_shipped"]

SQLITE = b"SQLite format 3\0"
MAKES_TABLES = regex(r"\b(?:create_all|create_tables?|create_model)\(|\bcreate\s+table\b", re.IGNORECASE)
CREATES = frozenset(
    ["create_all", "create_table", "create_tables", "create_model", "create", "CREATE", "Create"]
)
MOST_BYTES = 100_000_000


def shipped_databases(sources: Sources, reached: Reached, written: Iterable[Written]) -> tuple[Evidence, ...]:
    """Where the app opens a SQLite file that lies in the project (`path` is the file's), as long as none of
    the server's modules makes tables: then an empty file would do no less."""
    likely = (path for path in reached.paths if not CREATES.isdisjoint(sources.words(path)))
    if any(MAKES_TABLES.search(sources.text(path)) for path in likely):
        return ()
    found: dict[str, Evidence] = {}
    for one in written:
        path = one.path.removeprefix(f"{APP_ROOT}/")
        if not one.is_file or path == one.path or path in found or not sources.project.exists(path):
            continue
        content = sources.project.read_bytes(path, limit_bytes=MOST_BYTES)
        if content is not None and content.startswith(SQLITE):
            place = f"{one.evidence.path}:{one.evidence.line}"
            found[path] = Evidence(
                path=path, reason=f"{place} opens it, and no module of the server makes tables"
            )
    return tuple(found.values())


def patterns_for(shipped: tuple[Evidence, ...]) -> tuple[str, ...]:
    """They take back what the built-in patterns leave out: a file, and the folders around it."""
    patterns: list[str] = []
    for one in shipped:
        above, _, _ = one.path.rpartition("/")
        if above.partition("/")[0] == "instance":
            patterns += ["!/instance/", "/instance/*"]
        patterns.append(f"!/{one.path}")
    return tuple(dict.fromkeys(patterns))


def still_shipped(shipped: tuple[Evidence, ...], excluded: tuple[str, ...]) -> tuple[Evidence, ...]:
    """Without those that the project's own ignore files or settings leave out: these are the developer's."""
    is_out = left_out(excluded)
    return tuple(one for one in shipped if not is_out(one.path))


def shipped_decisions(shipped: tuple[Evidence, ...]) -> tuple[Decision, ...]:
    if not shipped:
        return ()
    names = ", ".join(one.path for one in shipped)
    summary = f"in the image with all rows, for new volumes start with it: {names}"
    return (Decision(field="source.exclude", summary=summary, origin=Origin.DETECTED, evidence=shipped),)
