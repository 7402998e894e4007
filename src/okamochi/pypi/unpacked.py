"""What uv installed for several wheels at once, told apart and made equal on every machine.

uv writes the host's interpreter into scripts, and marks of its own into the metadata. Here the scripts,
RECORD and INSTALLER are written anew, and what only installers or compilers read is left out.
"""

import base64
import csv
import hashlib
import io
import os
import posixpath
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from packaging.utils import canonicalize_name

from okamochi.errors import BuildError
from okamochi.model.lock import LockedWheel
from okamochi.pypi.bombs import refuse_bomb
from okamochi.pypi.scripts import console_scripts, with_image_interpreter
from okamochi.pypi.wheel_tree import FILES_FOLDER, TreeFile, write_index
from okamochi.system.files import checked_path

__all__ = ["LEFT_OUT", "Prefix", "Unpacked", "open_prefix", "shares", "write_tree"]

INSTALLER = b"okamochi\n"
SITE_FOLDERS = frozenset({"site-packages", "dist-packages"})
# Written anew below, or true only of the host: the request, the address, signatures of the old RECORD.
REPLACED = frozenset(
    {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "RECORD.jws", "RECORD.p7s", "uv_cache.json"}
)
# Headers serve compilers and manual pages serve man; the image has neither. Type stubs stay: lazy_loader and
# others read .pyi at run time. Tests stay too: telling them from code by their name alone would be a guess.
LEFT_OUT = re.compile(r"include/.*|share/man/.*|(?:.*/)?__pycache__/.*")
EXTENSION = re.compile(r"(?:\.cpython-[\w-]+|\.abi3)?\.so$")


@dataclass(frozen=True, slots=True)
class Prefix:
    """A folder into which uv installed wheels; `site_packages` is relative ("lib/python3.11/…")."""

    root: Path
    site_packages: str
    files: frozenset[str]


@dataclass(frozen=True)
class Unpacked:
    """One wheel's share of a prefix: paths relative to it, and its .dist-info folder's name."""

    wheel: LockedWheel
    dist_info: str
    paths: frozenset[str]

    @cached_property
    def extension_modules(self) -> frozenset[str]:
        """Paths without their suffixes: "lib/…/pkg/fast" for fast.cpython-313-….so or fast.abi3.so."""
        return frozenset(EXTENSION.sub("", path) for path in self.paths if EXTENSION.search(path))


def open_prefix(root: Path) -> Prefix:
    """Finds site-packages (its place depends on the host's Python) and lists all files.

    BuildError for anything but regular files: a link in a wheel could lead out of the image's tree.
    """
    files: set[str] = set()
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        with os.scandir(f"{root}/{folder}") as found:
            for entry in found:
                relative = f"{folder}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(f"{relative}/")
                elif entry.is_file(follow_symlinks=False):
                    files.add(relative)
                else:
                    raise BuildError(
                        f"a wheel holds something else than files: {relative}",
                        where=relative,
                        hint="wheels may hold regular files only (PEP 427); "
                        "report it to the package's authors",
                    )
    files.discard(".lock")
    return Prefix(root, _site_packages(files), frozenset(files))


def _site_packages(files: set[str]) -> str:
    """The uppermost folder of that name which holds metadata: packages may vendor others with theirs."""
    marks = (path for path in files if path.endswith(".dist-info/METADATA"))
    folders = {posixpath.dirname(posixpath.dirname(path)) for path in marks}
    named = [folder for folder in folders if posixpath.basename(folder) in SITE_FOLDERS]
    return min(named, key=lambda folder: (folder.count("/"), folder), default="")


def shares(prefix: Prefix, wheels: Iterable[LockedWheel]) -> tuple[Unpacked, ...]:
    """Each wheel's files by its RECORD. BuildError for a missing wheel or a path outside."""
    folders: dict[str, str] = {}
    for path in sorted(prefix.files):
        folder, _, name = path.removeprefix(prefix.site_packages + "/").partition("/")
        if name == "METADATA" and folder.endswith(".dist-info"):
            folders[canonicalize_name(folder.removesuffix(".dist-info").rpartition("-")[0])] = folder
    return tuple(_share(prefix, wheel, folders.get(wheel.name, "")) for wheel in wheels)


def _share(prefix: Prefix, wheel: LockedWheel, dist_info: str) -> Unpacked:
    record = prefix.root / prefix.site_packages / dist_info / "RECORD"
    if not dist_info or not record.is_file():
        raise BuildError(
            f"{wheel.filename} was not unpacked",
            where=wheel.filename,
            hint="the wheel's name and its metadata disagree; report it to the package's authors",
        )
    rows = csv.reader(record.read_text("utf-8", "surrogateescape").splitlines())
    paths = {_in_prefix(prefix, row[0], wheel) for row in rows if row and row[0]}
    return Unpacked(wheel, dist_info, frozenset(paths & prefix.files))


def _in_prefix(prefix: Prefix, name: str, wheel: LockedWheel) -> str:
    joined = posixpath.normpath(posixpath.join(prefix.site_packages, name))
    return checked_path(joined, archive=wheel.filename)


def write_tree(
    folder: Path, prefix: Prefix, share: Unpacked, *, python_version: str, host_interpreter: str
) -> None:
    """Moves a wheel's files into `folder` as the image has them, and writes what must not be the host's."""
    tree = _Tree(folder / FILES_FOLDER, python_version)
    metadata = f"{tree.site_packages}/{share.dist_info}"
    source = prefix.root / prefix.site_packages / share.dist_info / "entry_points.txt"
    scripts = console_scripts(source.read_text("utf-8", "replace")) if source.is_file() else {}
    made = {f"bin/{name}": text for name, text in scripts.items()}
    for path in sorted(share.paths):
        refuse_strange(path, share.wheel)
        target = tree.placed(path, prefix.site_packages)
        replaced = posixpath.dirname(target) == metadata and posixpath.basename(target) in REPLACED
        if replaced or target in made or LEFT_OUT.fullmatch(target) or _left_over(path, share):
            continue
        if target.startswith("bin/"):
            text = (prefix.root / path).read_bytes()
            tree.write(target, with_image_interpreter(text, host_interpreter=host_interpreter), mode=0o755)
            continue
        tree.move(f"{prefix.root}/{path}", target)
    refuse_bomb(tree.root, tree.sizes, archive=share.wheel.filename)
    for path, text in made.items():
        tree.write(path, text, mode=0o755)
    tree.write(f"{metadata}/INSTALLER", INSTALLER)
    tree.write(f"{metadata}/RECORD", tree.record(metadata))
    write_index(folder, tree.index())


def refuse_strange(path: str, wheel: LockedWheel) -> None:
    """BuildError for a backslash: on other systems it parts folders, so that no honest wheel has one."""
    if "\\" in path:
        raise BuildError(
            f"a member of the wheel {wheel.name} {wheel.version} has a backslash in its name: {path[:200]!r}",
            where=wheel.filename,
            hint="the wheel is damaged or hostile: take another version, and tell those who publish it",
        )


def _left_over(path: str, share: Unpacked) -> bool:
    """What lies beside the form of it that is used.

    Bytecode beside its source, which the image's own Python compiles (sourceless modules stay); the C text of
    an extension module beside the built one, which nothing reads (Cython's tracebacks name the .pyx).
    """
    stem, _, suffix = path.rpartition(".")
    if suffix in ("pyc", "pyo"):
        return f"{stem}.py" in share.paths
    return suffix in ("c", "cpp") and stem in share.extension_modules


class _Tree:
    """Files of one wheel in the making."""

    def __init__(self, root: Path, python_version: str) -> None:
        self.root = root
        self.site_packages = f"lib/python{python_version}/site-packages"
        self._files: dict[str, tuple[TreeFile, bytes]] = {}
        self._folders: set[str] = set()

    @property
    def sizes(self) -> tuple[tuple[str, int], ...]:
        return tuple((path, found.size_bytes) for path, (found, _) in self._files.items())

    def placed(self, path: str, host_site_packages: str) -> str:
        """A path of the prefix as the image has it: its own Python's version in place of the host's."""
        if path.startswith(host_site_packages + "/"):
            return self.site_packages + path.removeprefix(host_site_packages)
        return path

    def write(self, path: str, content: bytes, *, mode: int = 0o644) -> None:
        target = Path(self._target(path))
        target.write_bytes(content)
        self._files[path] = (TreeFile(path, mode, len(content)), hashlib.sha256(content).digest())

    def move(self, source: str, path: str) -> None:
        """Keeps whether the wheel marks the file as executable; all other permission bits are fixed."""
        target = self._target(path)
        os.rename(source, target)  # noqa: PTH104
        with open(target, "rb") as stream:  # noqa: PTH123
            digest = hashlib.file_digest(stream, "sha256").digest()
            found = os.fstat(stream.fileno())
        mode = 0o755 if found.st_mode & stat.S_IXUSR else 0o644
        self._files[path] = (TreeFile(path, mode, found.st_size), digest)

    def _target(self, path: str) -> str:
        """Where a file goes; the folder above it is made the first time, not asked for with each file."""
        folder = path.rpartition("/")[0]
        if folder not in self._folders:
            (self.root / folder).mkdir(parents=True, exist_ok=True)
            self._folders.add(folder)
        return f"{self.root}/{path}"

    def record(self, metadata: str) -> bytes:
        """RECORD (PEP 376, PEP 427): sorted, relative to site-packages, a sha256 and a size for each file."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        for path, (found, digest) in sorted(self._files.items()):
            encoded = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            name = posixpath.relpath(path, self.site_packages)
            writer.writerow((name, f"sha256={encoded}", found.size_bytes))
        writer.writerow((posixpath.relpath(f"{metadata}/RECORD", self.site_packages), "", ""))
        return text.getvalue().encode("utf-8", "surrogateescape")

    def index(self) -> tuple[TreeFile, ...]:
        return tuple(found for _, (found, _) in sorted(self._files.items()))
