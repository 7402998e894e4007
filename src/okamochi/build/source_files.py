"""Which files of the project enter the image, read once, with everything hostile refused."""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from okamochi.build.own_outputs import is_archive, is_document, is_layout
from okamochi.errors import BuildError
from okamochi.oci.entry import BytesContent, Content, Entry, EntryKind, FileContent, directory, symlink

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

__all__ = [
    "APP_OWNER",
    "HELD_BYTES",
    "LARGEST_FILE_BYTES",
    "Contents",
    "SourceFiles",
    "image_mode",
    "read_source",
]

APP_OWNER = "app"
APP_PREFIX = "app"
LARGEST_FILE_BYTES = 1 << 30
LARGEST_TREE_BYTES = 4 << 30
SHOWN = 5
HELD_BYTES = 1_000_000
HELD_TREE_BYTES = 64_000_000
NO_TARGET = frozenset([errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG])


class SourceFiles(msgspec.Struct, frozen=True):
    """Entries below `app/`, sorted by path, and what was left out although no pattern says so."""

    entries: tuple[Entry, ...]
    special: tuple[str, ...] = ()


def read_source(root: Path, exclude: Sequence[str]) -> SourceFiles:
    """Walks `root` with gitignore-style patterns (later ones win; excluded folders are not entered).

    BuildError for names that are not UTF-8, links that lead out of the project, files that cannot be read,
    and sizes that no source tree has; each names the paths and how to exclude them.
    """
    import pathspec

    walk = Walk(root, pathspec.GitIgnoreSpec.from_lines(exclude))
    entries = sorted(walk.entries(root, PurePosixPath()), key=lambda entry: entry.path)
    walk.raise_problems()
    return SourceFiles((directory(APP_PREFIX, APP_OWNER), *entries), tuple(sorted(walk.special)))


class Walk:
    """One pass over the tree; problems are collected so that all of them are told at once."""

    def __init__(self, root: Path, ignored: "GitIgnoreSpec") -> None:
        self.root = root
        self.ignored = ignored
        self.special: list[str] = []
        self.undecodable: list[str] = []
        self.outside: list[str] = []
        self.unreadable: list[str] = []
        self.large: list[str] = []
        self.total_bytes = 0
        self.contents = Contents()

    def entries(self, folder: Path, relative: PurePosixPath) -> Iterator[Entry]:
        for item in sorted(scan(folder), key=lambda found: os.fsencode(found.name)):
            path = relative / item.name
            is_folder = item.is_dir(follow_symlinks=False)
            if self.ignored.match_file(f"{path}/" if is_folder else str(path)):
                continue
            if not decodable(item.name):
                self.undecodable.append(os.fsencode(str(path)).decode("utf-8", "backslashreplace"))
                continue
            if is_folder and is_layout(Path(item.path)):
                continue
            if is_folder:
                yield directory(f"{APP_PREFIX}/{path}", APP_OWNER)
                yield from self.entries(Path(item.path), path)
            else:
                yield from self.leaf(item, path)

    def leaf(self, item: "os.DirEntry[str]", path: PurePosixPath) -> Iterator[Entry]:
        if item.is_symlink():
            yield from self.link(Path(item.path), path)
            return
        facts = item.stat(follow_symlinks=False)
        if not stat.S_ISREG(facts.st_mode):
            self.special.append(str(path))
            return
        if facts.st_size > LARGEST_FILE_BYTES:
            self.large.append(f"{path} ({facts.st_size / 1e9:.1f} GB)")
            return
        if not os.access(item.path, os.R_OK):
            self.unreadable.append(str(path))
            return
        if is_archive(item):
            return
        mode = image_mode(facts.st_mode)
        content = self.contents.of(Path(item.path))
        if is_document(Path(item.path), content):
            return
        self.total_bytes += content.size_bytes
        yield Entry(f"{APP_PREFIX}/{path}", EntryKind.FILE, mode, APP_OWNER, content=content)

    def link(self, place: Path, path: PurePosixPath) -> Iterator[Entry]:
        target = str(place.readlink())
        landing = Path(os.path.normpath(place.parent.resolve() / target))
        if target.startswith("/") and leads_nowhere(place):
            self.special.append(str(path))  # a leftover of another machine: it leads nowhere, here or there
            return
        if target.startswith("/") or not landing.is_relative_to(self.root.resolve()) or not decodable(target):
            self.outside.append(f"{path} -> {target!r}")
            return
        yield symlink(f"{APP_PREFIX}/{path}", APP_OWNER, target)

    def raise_problems(self) -> None:
        exclude = 'exclude them with [tool.okamochi] exclude = ["…"] or in .dockerignore'
        if self.undecodable:
            raise problem("file names that are not UTF-8", self.undecodable, f"rename them, or {exclude}")
        if self.outside:
            raise problem(
                "symbolic links that lead out of the project",
                self.outside,
                f"copy what they point to into the project, or {exclude}",
            )
        if self.unreadable:
            raise problem(
                "files that cannot be read", self.unreadable, f"check their permissions, or {exclude}"
            )
        if self.large:
            raise problem(
                "files too large for an app's source", self.large, f"data belongs in a volume; {exclude}"
            )
        if self.total_bytes > LARGEST_TREE_BYTES:
            raise BuildError(
                f"the project's files add up to {self.total_bytes / 1e9:.1f} GB",
                where=str(self.root),
                hint=f"data belongs in a volume; {exclude}",
            )


class Contents(msgspec.Struct):
    """Small files are read once, here: what a layer's key is made of is then what the layer holds, whatever
    the developer saves meanwhile. Large ones, and all beyond HELD_TREE_BYTES, stay on the disk; packing
    notices when they are changed."""

    held_bytes: int = 0

    def of(self, path: Path) -> Content:
        facts = path.stat()
        if facts.st_size > HELD_BYTES or self.held_bytes > HELD_TREE_BYTES:
            return FileContent(path, facts.st_size, facts.st_ctime_ns)
        content = path.read_bytes()
        self.held_bytes += len(content)
        return BytesContent(content)


def leads_nowhere(link: Path) -> bool:
    """False for one that leads to where we may not look: then it leads out of the project."""
    try:
        link.stat()
    except OSError as problem:
        return problem.errno in NO_TARGET
    return False


def image_mode(mode: int) -> int:
    """A file's permissions in the image: only whether its owner may execute it counts."""
    return 0o755 if mode & 0o100 else 0o644


def scan(folder: Path) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except PermissionError as error:
        raise BuildError(
            "a folder of the project cannot be read",
            where=str(folder),
            hint='check its permissions, or exclude it with [tool.okamochi] exclude = ["…"]',
        ) from error


def decodable(name: str) -> bool:
    """File names come from the system with undecodable bytes as lone surrogates (PEP 383)."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return "\0" not in name


def problem(what: str, paths: Sequence[str], hint: str) -> BuildError:
    more = (f"and {len(paths) - SHOWN} more",) if len(paths) > SHOWN else ()
    return BuildError(f"{what}: {paths[0]}", hint=hint, where=paths[0], details=(*paths[1:SHOWN], *more))
