"""Files that .gitignore names and git tracks all the same: to git they are part of the project."""

import posixpath
import re
from collections.abc import Callable, Iterable, Sequence

import msgspec

from okamochi.detect.files.git_index import tracked_files, why_unread
from okamochi.detect.files.left_out import left_out
from okamochi.model.evidence import Evidence
from okamochi.system.patterns import regex
from okamochi.system.project_files import SKIPPED_FOLDERS, ProjectFiles

__all__ = ["tracked_all_the_same"]

# what nobody should read, under names that the built-in patterns do not know
PRIVATE = regex(r"secret|credential|passw|private[-_]?key|\btokens?\b", re.IGNORECASE)
MARK = re.compile(r"\(\?P<\w+>")
SHOWN = 5

LeftOut = Callable[[str], bool]


class TrackedAllTheSame(msgspec.Struct, frozen=True):
    """`patterns` take the files back, after those of the .gitignore files; `evidence` names some."""

    patterns: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    summary: str = ""


def tracked_all_the_same(
    project: ProjectFiles, built_in: Sequence[str], ignored: Sequence[str]
) -> TrackedAllTheSame:
    """Of the project's files, those that the patterns of .gitignore files (`ignored`) alone keep out and git
    tracks. What `built_in` patterns keep out stays out, and so does what is private by its name."""
    tracked = tracked_files(project) if ignored else None
    unread = why_unread(project) if ignored and tracked is None else ""
    if unread:
        reason = (
            f"{unread}: which of the files that .gitignore names are tracked is not known, and all stay out"
        )
        return TrackedAllTheSame(evidence=(Evidence(path=".git", reason=reason),))
    if not tracked:
        return TrackedAllTheSame()
    present = project.files()
    listed = matching(ignored, (path for path in present if path in tracked))
    if not listed:
        return TrackedAllTheSame()
    by_git, by_us = left_out(tuple(ignored)), left_out(tuple(built_in))
    found = [path for path in listed if by_git(path) and not by_us(path)]
    wanted = [path for path in found if PRIVATE.search(posixpath.basename(path)) is None]
    kept = [path for path in found if path not in set(wanted)]
    if not found:
        return TrackedAllTheSame()
    summary = f"; {len(wanted)} of the files that .gitignore names are tracked by git, and in the image"
    return TrackedAllTheSame(
        tuple(taken_back(wanted, present, by_git)),
        (
            *told(wanted, "git tracks it, though a .gitignore names it: it is in the image"),
            *told(kept, "git tracks it, but its name is one of secrets: it stays out, as .gitignore says"),
        ),
        summary if wanted else "",
    )


def told(paths: Sequence[str], reason: str) -> tuple[Evidence, ...]:
    more = f", as are {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
    return tuple(
        Evidence(path=path, reason=f"{reason}{more if number == SHOWN else ''}")
        for number, path in enumerate(paths[:SHOWN], 1)
    )


def matching(patterns: Sequence[str], paths: Iterable[str]) -> list[str]:
    """Those that one of the patterns could keep out, rather too many: all of them in one expression, which a
    thousand files with a hundred patterns each need."""
    from pathspec import GitIgnoreSpec

    known = GitIgnoreSpec.from_lines(patterns).patterns
    texts = [MARK.sub("(?:", one.regex.pattern) for one in known if one.include and one.regex]
    if not texts:
        return []
    whole = re.compile("|".join(f"(?:{text})" for text in texts))
    return [path for path in paths if whole.match(path) is not None]


def taken_back(wanted: Sequence[str], present: Sequence[str], is_out: LeftOut) -> Iterable[str]:
    """Patterns for the files. A folder is entered only when it is taken back itself; then all in it counts
    again, until the next pattern says otherwise."""
    chosen = frozenset(wanted)
    tops = dict.fromkeys(top_of(path, is_out) for path in wanted)
    for top in tops:
        if top.endswith("/"):
            yield from opened(top, chosen, present)
        else:
            yield f"!/{escaped(top)}"


def top_of(path: str, is_out: LeftOut) -> str:
    """The outermost folder around the file that is kept out, with its slash; the file itself when none is."""
    parts = path.split("/")
    folders = ("/".join(parts[:count]) + "/" for count in range(1, len(parts)))
    return next((folder for folder in folders if is_out(folder)), path)


def opened(folder: str, chosen: frozenset[str], present: Sequence[str]) -> Iterable[str]:
    inside = [path for path in present if path.startswith(folder)]
    yield f"!/{escaped(folder)}"
    if all(path in chosen for path in inside):
        yield from (f"/{escaped(folder)}**/{name}/" for name in sorted((*SKIPPED_FOLDERS, "*.egg-info")))
        return
    yield f"/{escaped(folder)}*"
    parts = (path.removeprefix(folder).partition("/") for path in inside if path in chosen)
    for below in dict.fromkeys(f"{folder}{name}{slash}" for name, slash, _ in parts):
        if below.endswith("/"):
            yield from opened(below, chosen, inside)
        else:
            yield f"!/{escaped(below)}"


def escaped(path: str) -> str:
    return re.sub(r"([\\*?\[\] !#])", r"\\\1", path)
