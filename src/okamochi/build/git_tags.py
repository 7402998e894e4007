"""What the tags of a checkout say about its version, as `git describe` counts; read from files, since running
git in a project that nobody prepared could run programs that its configuration names."""

import heapq
import re
from pathlib import Path

from packaging.version import Version

from okamochi.build.git_objects import read_commit, read_tag
from okamochi.build.revision import COMMIT, folders_around, head_commit
from okamochi.system.patterns import regex
from okamochi.system.regular_files import regular_text

__all__ = ["next_version", "tagged_version"]

MOST_COMMITS = 10_000
MOST_TAGS = 10_000
# "v1.2", "release-1.2", "web/1.2rc1"
TAG = regex(r"(?:.*?[-_/])?[vV]?(\d.*)")
DESCRIBED = regex(r"(.+)-(\d+)-g[0-9a-f]+")
PARENT = regex(rb"^parent ([0-9a-f]{40,64})$", re.MULTILINE)
DATE = regex(rb"^committer [^\n]*> (\d{1,11}) ", re.MULTILINE)
OBJECT = regex(rb"object ([0-9a-f]{40,64})\ntype commit\n")


def tagged_version(project: Path) -> str:
    """That of the nearest tag of the checkout that holds `project`, or the next after it when there are
    commits since; "" when no tag is a version, or history ends before one (a shallow clone)."""
    git = folders_around(project)
    head = head_commit(git) if git is not None else ""
    if git is None or not head:
        return ""
    tags = version_tags(git.common)
    nearest, distance = walked(git.common, head, tags) if tags else ("", 0)
    return after(tags[nearest], distance) if nearest else ""


def next_version(described: str) -> str:
    """What `git describe --long` says, as a version; "" when it is none."""
    found = DESCRIBED.fullmatch(described.strip())
    version = version_of(found[1]) if found is not None else None
    return after(version, int(found[2])) if found is not None and version is not None else ""


def version_of(tag: str) -> Version | None:
    found = TAG.fullmatch(tag)
    try:
        return Version(found[1]) if found is not None else None
    except ValueError:
        return None


def after(version: Version, distance: int) -> str:
    """As setuptools-scm guesses: with commits since, a development version of the next one."""
    if not distance:
        return str(version)
    epoch = f"{version.epoch}!" if version.epoch else ""
    release = list(version.release)
    if version.pre is not None:
        kind, number = version.pre
        return f"{epoch}{'.'.join(map(str, release))}{kind}{number + 1}.dev{distance}"
    release[-1] += 1
    return f"{epoch}{'.'.join(map(str, release))}.dev{distance}"


def version_tags(git: Path) -> dict[str, Version]:
    """By the commit that they name; of several the highest."""
    found: dict[str, Version] = {}
    for name, place in (packed_tags(git) | loose_tags(git)).items():
        version = version_of(name)
        commit = peeled(git, place) if version is not None else ""
        if version is not None and commit and (commit not in found or version > found[commit]):
            found[commit] = version
    return found


def packed_tags(git: Path) -> dict[str, str]:
    """The line after an annotated tag says which commit it names."""
    found: dict[str, str] = {}
    name = ""
    for line in regular_text(git / "packed-refs").splitlines():
        if line.startswith("^"):
            if name:
                found[name] = line[1:].strip()
            continue
        place, _, ref = line.partition(" ")
        name = ref.removeprefix("refs/tags/") if ref.startswith("refs/tags/") else ""
        if name and COMMIT.fullmatch(place):
            found[name] = place
    return found


def loose_tags(git: Path) -> dict[str, str]:
    folder = git / "refs/tags"
    paths = sorted(folder.rglob("*"))[:MOST_TAGS] if folder.is_dir() else []
    found = {
        path.relative_to(folder).as_posix(): regular_text(path).strip() for path in paths if path.is_file()
    }
    return {name: place for name, place in found.items() if COMMIT.fullmatch(place)}


def peeled(git: Path, place: str) -> str:
    """The commit itself, or the one that an annotated tag names."""
    found = OBJECT.match(read_tag(git, place))
    return found[1].decode() if found is not None else place


def walked(git: Path, head: str, tags: dict[str, Version]) -> tuple[str, int]:
    """The tagged commit met first, the newest commits first, and how many are not among its ancestors; ""
    when there is none."""
    waiting, seen = [(0, head, facts_of(git, head)[0])], {head}
    nearest, of_tag, distance = "", set[str](), 0
    while waiting and len(seen) < MOST_COMMITS:
        _, commit, parents = heapq.heappop(waiting)
        if not nearest and commit in tags:
            nearest = commit
            of_tag.add(commit)
        distance += commit not in of_tag
        of_tag.update(parents if commit in of_tag else ())
        for name in parents:
            if name not in seen:
                seen.add(name)
                above, date = facts_of(git, name)
                heapq.heappush(waiting, (-date, name, above))
        if nearest and all(name in of_tag for _, name, _ in waiting):
            break
    return nearest, distance


def facts_of(git: Path, commit: str) -> tuple[tuple[str, ...], int]:
    """Parents, and when it was made."""
    head = read_commit(git, commit).partition(b"\n\n")[0]
    date = DATE.search(head)
    return tuple(name.decode() for name in PARENT.findall(head)), int(date[1]) if date is not None else 0
