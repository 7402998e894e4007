"""A read-only view of the project's folder: confined to it, limited in size, always in the same order."""

import codecs
import errno
import os
import re
import stat
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Protocol

import msgspec

from okamochi.errors import DetectionError, UsageError
from okamochi.system.environ import of_the_user
from okamochi.system.globs import selected, tidy
from okamochi.system.patterns import regex
from okamochi.system.words import word_set

__all__ = [
    "READ_LIMIT_BYTES",
    "SKIPPED_FOLDERS",
    "DiskProject",
    "MemoryProject",
    "ProjectFiles",
    "decoded",
    "encodable",
    "no_folder",
    "shared_folder",
    "text_if_there",
    "unreadable",
    "with_escapes",
]

READ_LIMIT_BYTES = 4_000_000
TREE_LIMIT = 200_000
MOST_NESTED = 500
SKIPPED_FOLDERS = word_set(
    ".git .hg .svn .bzr __pycache__ __pypackages__ .venv node_modules .tox .nox .mypy_cache .pytest_cache "
    ".ruff_cache .hypothesis"
)
WORKSPACE = regex(r"^\s*\[tool\.uv\.workspace\]", re.MULTILINE)
# two slashes are one in a path
ADDRESS = regex(r"[a-z+]+:/|git@[\w.-]+:")
OBJECT = regex(r"\w+(?:\.\w+)*:\w+(?:\.\w+)*(?:\(\))?")
ENVIRONMENT_NAMES = frozenset({"venv", "env"})


class ProjectFiles(Protocol):
    """The project as detectors see it. Paths are relative POSIX strings; nothing writes or raises OSError."""

    @property
    def root(self) -> Path | None:
        """The folder on disk; None when there is none."""
        ...

    def read_bytes(self, path: str, *, limit_bytes: int = READ_LIMIT_BYTES) -> bytes | None:
        """The content; None when absent, no regular file, larger than the limit, or outside."""
        ...

    def read_text(self, path: str) -> str | None:
        """The content as text with LF line ends: UTF-8 or UTF-16 with their marks, else Latin-1."""
        ...

    def exists(self, path: str) -> bool:
        """Whether a file or folder of the project is there."""
        ...

    def is_dir(self, path: str) -> bool: ...

    def files(self, pattern: str = "**", *, within: str = "") -> tuple[str, ...]:
        """Regular files below `within` whose path from there matches the pattern, sorted.

        `*` and `?` stay within a folder, `**/` is any number of folders. VCS folders, caches, virtual
        environments and node_modules are left out.
        """
        ...


class Listing(msgspec.Struct, frozen=True):
    files: tuple[str, ...]
    links_outside: tuple[str, ...]
    undecodable: tuple[str, ...]


class DiskProject(msgspec.Struct, frozen=True, dict=True):
    """A folder on disk; `open` checks it. The tree is listed once, at the first question about it. `outer` is
    a folder above, below which paths that begin with ".." may lead: what the project shares with others."""

    folder: Path
    tree_limit: int = TREE_LIMIT
    outer: Path | None = None

    @classmethod
    def open(cls, path: Path, *, tree_limit: int = TREE_LIMIT) -> "DiskProject":
        """UsageError when there is no such folder, DetectionError when it cannot be read."""
        if not path.is_dir():
            raise no_folder(path)
        if not os.access(path, os.R_OK | os.X_OK):
            raise DetectionError(
                "the folder cannot be read", where=os.fspath(path), hint="check its permissions and its owner"
            )
        folder = path.resolve()
        return cls(folder, tree_limit, shared_folder(folder))

    @property
    def root(self) -> Path:
        return self.folder

    def read_bytes(self, path: str, *, limit_bytes: int = READ_LIMIT_BYTES) -> bytes | None:
        target = self._inside(path)
        if target is None:
            return None
        try:
            # a FIFO must not block us, and O_NONBLOCK does nothing to a regular file
            handle = os.open(target, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            return None
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode) or status.st_size > limit_bytes:
            os.close(handle)
            return None
        with os.fdopen(handle, "rb") as stream:
            try:
                content = stream.read(limit_bytes + 1)
            except OSError:
                return None
        return content if len(content) <= limit_bytes else None

    def read_text(self, path: str) -> str | None:
        content = self.read_bytes(path)
        return None if content is None else decoded(content)

    def exists(self, path: str) -> bool:
        return self._inside(path) is not None

    def is_dir(self, path: str) -> bool:
        target = self._inside(path)
        return target is not None and target.is_dir()

    def files(self, pattern: str = "**", *, within: str = "") -> tuple[str, ...]:
        if within.split("/")[0] != "..":
            return selected(self._listing.files, pattern, within)
        target = self._inside(within)
        if target is None or not target.is_dir():
            return ()
        found = DiskProject(target, self.tree_limit).files(pattern)
        return tuple(f"{within.rstrip('/')}/{path}" for path in found)

    def links_outside(self) -> tuple[str, ...]:
        """Symbolic links that lead out of the project or nowhere, sorted; they are never read."""
        return self._listing.links_outside

    def undecodable(self) -> tuple[str, ...]:
        """Files and folders whose names are not UTF-8, written with escapes for people to read, sorted."""
        return self._listing.undecodable

    def _inside(self, path: str) -> Path | None:
        """The real path, when it exists and lies in the project."""
        if path.startswith("/") or "\0" in path:
            return None
        try:
            target = (self.folder / path).resolve(strict=True)
        except (OSError, RuntimeError, UnicodeError):  # absent, a loop of links, not encodable
            return None
        if target.is_relative_to(self.folder):
            return target
        # no link of the project's leads out, but its files may name what lies beside it
        shared = self.outer is not None and path.split("/")[0] == ".." and target.is_relative_to(self.outer)
        return target if shared else None

    @cached_property
    def _listing(self) -> Listing:
        listing = _Walk(self)
        listing.visit(os.fspath(self.folder), "")
        return Listing(
            tuple(sorted(listing.files)), tuple(sorted(listing.outside)), tuple(sorted(listing.undecodable))
        )

    def leads_inside(self, path: str) -> bool:
        return self._inside(path) is not None


def no_folder(path: Path) -> UsageError:
    if path.exists():
        return UsageError(
            "this is a file, not the folder of an app",
            where=os.fspath(path),
            hint=f"give its folder: {path.parent}",
        )
    text = os.fspath(path)
    hint = "give the folder of the app, or run okamochi inside of it"
    if ADDRESS.match(text):
        hint = "okamochi reads a folder: git clone that address, and give the clone"
    elif OBJECT.fullmatch(text):
        hint += f"; what the server loads is named by --entrypoint {text}"
    return UsageError("there is no such folder", where=text, hint=hint)


def shared_folder(folder: Path) -> Path | None:
    """The checkout or the workspace that holds the project, else the folder where okamochi was started when
    that lies above; None when the project stands alone."""
    above = folder.parents
    for one in above:
        if (one / ".git").exists():
            return one
    for one in above:
        if WORKSPACE.search(start_of(one / "pyproject.toml")):
            return one
    try:
        here = Path.cwd().resolve()
    except OSError:  # it was removed
        return None
    alone = here in (Path(here.anchor), of_the_user("~"))
    return here if here in above and not alone else None


def start_of(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return stream.read(READ_LIMIT_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


class _Walk:
    """One walk through a project's tree; keeps what it finds."""

    def __init__(self, project: DiskProject) -> None:
        self.project = project
        self.files: list[str] = []
        self.outside: list[str] = []
        self.undecodable: list[str] = []
        self.seen = 0

    def visit(self, folder: str, relative: str) -> None:
        waiting = [(folder, relative)]
        while waiting:
            folder, relative = waiting.pop()
            if relative.count("/") >= MOST_NESTED:
                raise too_deep(relative)
            waiting += self._entries(folder, relative)

    def _entries(self, folder: str, relative: str) -> list[tuple[str, str]]:
        folders: list[tuple[str, str]] = []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    self._count()
                    path = f"{relative}/{entry.name}" if relative else entry.name
                    if self._keep(entry, path):
                        folders.append((entry.path, path))
        except PermissionError:
            pass  # a folder that we may not list holds nothing for us
        except FileNotFoundError:
            pass  # removed meanwhile
        except OSError as problem:
            if problem.errno == errno.ENAMETOOLONG:
                raise too_deep(relative) from problem
            raise
        return folders

    def _keep(self, entry: os.DirEntry[str], path: str) -> bool:
        """Note a file; True for a folder to walk into."""
        if not encodable(entry.name):
            self.undecodable.append(with_escapes(path))
            return False
        if entry.is_symlink():
            self._keep_link(entry, path)
            return False
        if entry.is_dir(follow_symlinks=False):
            return not is_skipped(entry)
        if entry.is_file(follow_symlinks=False):
            self.files.append(path)
        return False

    def _keep_link(self, entry: os.DirEntry[str], path: str) -> None:
        if entry.name in SKIPPED_FOLDERS:
            return
        if not self.project.leads_inside(path):
            self.outside.append(path)
        elif Path(entry.path).is_file():
            self.files.append(path)

    def _count(self) -> None:
        self.seen += 1
        if self.seen > self.project.tree_limit:
            raise DetectionError(
                f"the folder holds more than {self.project.tree_limit:,} files and folders",
                where=os.fspath(self.project.folder),
                hint="give the folder of the app itself, and keep data and environments outside of it",
            )


class MemoryProject(msgspec.Struct, frozen=True):
    """A project that exists only in memory, for tests: `MemoryProject({"app.py": "..."})`."""

    content: Mapping[str, str | bytes]

    @property
    def root(self) -> None:
        return None

    def read_bytes(self, path: str, *, limit_bytes: int = READ_LIMIT_BYTES) -> bytes | None:
        content = self.content.get(tidy(path))
        if content is None:
            return None
        as_bytes = content.encode() if isinstance(content, str) else content
        return as_bytes if len(as_bytes) <= limit_bytes else None

    def read_text(self, path: str) -> str | None:
        content = self.read_bytes(path)
        return None if content is None else decoded(content)

    def exists(self, path: str) -> bool:
        return tidy(path) in self.content or self.is_dir(path)

    def is_dir(self, path: str) -> bool:
        name = tidy(path)
        return not name or any(other.startswith(f"{name}/") for other in self.content)

    def files(self, pattern: str = "**", *, within: str = "") -> tuple[str, ...]:
        return selected(tuple(sorted(filter(self._listed, self.content))), pattern, within)

    def _listed(self, path: str) -> bool:
        parts = path.split("/")
        folders = ("/".join(parts[:length]) for length in range(1, len(parts)))
        return not any(self._skipped(folder) for folder in folders)

    def _skipped(self, folder: str) -> bool:
        name = folder.rpartition("/")[2]
        if name in SKIPPED_FOLDERS or name.endswith(".egg-info"):
            return True
        return name in ENVIRONMENT_NAMES and f"{folder}/pyvenv.cfg" in self.content


def too_deep(relative: str) -> DetectionError:
    return DetectionError(
        f"folders are nested more than {MOST_NESTED} deep, or their names make too long a path",
        where=f"{relative[:100]}…",
        hint="give the folder of the app itself, and keep data and environments outside of it",
    )


def is_skipped(folder: os.DirEntry[str]) -> bool:
    if folder.name in SKIPPED_FOLDERS or folder.name.endswith(".egg-info"):
        return True
    return folder.name in ENVIRONMENT_NAMES and (Path(folder.path) / "pyvenv.cfg").is_file()


def encodable(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def with_escapes(path: str) -> str:
    """A path that is not UTF-8, as people can read it."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def decoded(content: bytes) -> str:
    """Text as editors save it: UTF-8 or UTF-16 by their marks, UTF-8, else Latin-1; line ends become LF."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = content.decode("utf-16", "replace")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def text_if_there(project: ProjectFiles, path: str) -> str:
    """ "" when there is no such file. DetectionError for one that is there and cannot be read, also where a
    link leads out of the project: nobody should find out later that it did not count."""
    text = project.read_text(path)
    if text is None and project.exists(path):
        raise unreadable(path)
    if text is None and project.root is not None and (project.root / path).is_symlink():
        raise DetectionError(
            f"{path} cannot be read: it is a link that leads out of the project, or nowhere",
            where=path,
            hint="remove the link",
        )
    return text or ""


def unreadable(path: str, limit_bytes: int = READ_LIMIT_BYTES) -> DetectionError:
    """For a file of the project that is there, and gave nothing."""
    return DetectionError(
        f"{path} cannot be read: it is no regular file, may not be read, or has more than "
        f"{limit_bytes // 1_000_000} MB",
        where=path,
        hint="correct, shorten or remove it",
    )
