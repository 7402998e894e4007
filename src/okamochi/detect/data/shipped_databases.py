"""SQLite files that a project ships because their tables are nowhere else: made by hand, then committed. And
those whose tables the release process makes, so that their rows alone stay behind."""

import re
from collections.abc import Iterable, Iterator

from okamochi.detect.data.writable_folders import Written
from okamochi.detect.files.git_index import tracked_files
from okamochi.detect.files.left_out import left_out
from okamochi.detect.source.reachable import Reached
from okamochi.detect.source.sources import Sources
from okamochi.model.evidence import Decision, Evidence
from okamochi.model.plan import APP_ROOT
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles

__all__ = ["left_behind", "patterns_for", "shipped_databases", "shipped_decisions", "still_shipped"]

SQLITE = b"SQLite format 3\0"
MAKES_TABLES = regex(r"\b(?:create_all|create_tables?|create_model)\(|\bcreate\s+table\b", re.IGNORECASE)
CREATES = frozenset(
    ["create_all", "create_table", "create_tables", "create_model", "create", "CREATE", "Create"]
)
MOST_BYTES = 100_000_000
DATABASE = regex(r"\.(db|sqlite3?|db3)$|^[^.]*$", re.IGNORECASE)


def shipped_databases(sources: Sources, reached: Reached, written: Iterable[Written]) -> tuple[Evidence, ...]:
    """Where the app opens a SQLite file that lies in the project (`path` is the file's), as long as none of
    the server's modules makes tables: then an empty file would do no less."""
    likely = (path for path in reached.paths if not CREATES.isdisjoint(sources.words(path)))
    if any(MAKES_TABLES.search(sources.text(path)) for path in likely):
        return ()
    found: list[Evidence] = []
    for path, place in databases_there(sources.project, written):
        content = sources.project.read_bytes(path, limit_bytes=MOST_BYTES)
        if content is not None and content.startswith(SQLITE):
            reason = f"{place} opens it, and no module of the server makes tables"
            found.append(Evidence(path=path, reason=reason))
    return tuple(found)


def databases_there(project: ProjectFiles, written: Iterable[Written]) -> Iterator[tuple[str, str]]:
    """Paths of the project's files that the app writes, each once, with the place that says so."""
    seen: set[str] = set()
    for one in written:
        path = one.path.removeprefix(f"{APP_ROOT}/")
        if one.is_file and path != one.path and path not in seen and project.exists(path):
            seen.add(path)
            yield path, f"{one.evidence.path}:{one.evidence.line}"


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
    return (Decision.detected("source.exclude", summary, shipped),)


def left_behind(
    project: ProjectFiles, written: Iterable[Written], excluded: tuple[str, ...]
) -> tuple[Decision, ...]:
    """About databases that git tracks and the image is without, where the release process makes their tables:
    whoever clones the project has the rows, and should know that a container has not. Their content is not
    looked at: it changes with each of the developer's own runs."""
    there = [one for one in databases_there(project, written) if DATABASE.search(one[0])]
    tracked = tracked_files(project) if there else None
    is_out = left_out(excluded)
    found = tuple(
        Evidence(
            path=path, reason=f"git tracks it; {place} opens it, and the release process makes its tables"
        )
        for path, place in there
        if tracked and path in tracked and is_out(path)
    )
    if not found:
        return ()
    names = ", ".join(one.path for one in found)
    patterns = ", ".join(f'"{one}"' for one in patterns_for(found))
    summary = (
        f"{names} stays out of the image, and a new volume has the tables without its rows; "
        f"where the app needs them: exclude = [{patterns}]"
    )
    return (Decision.detected("source.exclude", summary, found),)
