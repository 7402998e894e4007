"""Whether the files of an image's app are those of the commit that its provenance names: somebody may have
built with changes of their own, or with files that were never committed."""

import hashlib
import json
import posixpath
import tarfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from okamochi.build.app_layers import APP_COMMENT
from okamochi.build.git_objects import read_commit, read_tree
from okamochi.build.revision import COMMIT, folders_around
from okamochi.oci.image import Image
from okamochi.system.git_folders import checkout_root

__all__ = ["REVISION", "Committed", "committed_files", "image_annotations"]

REVISION = "org.opencontainers.image.revision"
APP_FOLDER = "app/"
BYTECODE_FOLDER = "/__pycache__/"


class Committed(msgspec.Struct, frozen=True):
    """`others` are files of the app that the commit has not, or with another content; sorted. Nothing is
    known where the commit could not be read."""

    known: bool = False
    others: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        return "unknown" if not self.known else "some" if self.others else "all"


def committed_files(image: Image, project: Path) -> Committed:
    """Of the commit that the image names. What git filters (line ends, large files) is another file than
    the commit has."""
    tree = CommitTree.of(project.resolve(), image_annotations(image).get(REVISION, ""))
    if tree is None:
        return Committed()
    others = [path for path, content in app_files(image) if not tree.has(path, content)]
    return Committed(known=True, others=tuple(sorted(others)))


def image_annotations(image: Image) -> dict[str, str]:
    """Of the manifest as it was written, since an image that is remembered has no other."""
    told = json.loads(image.manifest_bytes).get("annotations") or {}
    return {str(name): str(value) for name, value in told.items()}


def app_files(image: Image) -> Iterator[tuple[str, bytes]]:
    """Path in the project and content; without bytecode, which the build makes."""
    for layer in image.layers:
        if not layer.comment.startswith(APP_COMMENT):
            continue
        with tarfile.open(layer.path, "r:gz") as archive:
            for member in archive:
                if not member.isreg() or BYTECODE_FOLDER in f"/{member.name}":
                    continue
                content = archive.extractfile(member)
                assert content is not None
                yield member.name.removeprefix(APP_FOLDER), content.read()


class CommitTree:
    """A commit's files, a folder at a time as it is asked for."""

    def __init__(self, git: Path, top: str, inside: str) -> None:
        self.git, self.inside = git, inside
        self.width = len(top) // 2
        self.folders: dict[str, dict[str, str]] = {"": self.read(top)}

    @classmethod
    def of(cls, project: Path, commit: str) -> "CommitTree | None":
        """`project` may lie below the checkout's root; None for what is no commit that can be read."""
        root, git = checkout_root(project), folders_around(project)
        if root is None or git is None or COMMIT.fullmatch(commit) is None:
            return None
        line = read_commit(git.common, commit).partition(b"\n")[0]
        word, _, top = line.decode("ascii", "replace").partition(" ")
        if word != "tree" or not read_tree(git.common, top):
            return None
        return cls(git.common, top, project.relative_to(root).as_posix())

    def has(self, path: str, content: bytes) -> bool:
        folder, _, name = posixpath.normpath(posixpath.join(self.inside, path)).rpartition("/")
        return self.folder(folder).get(name) == self.blob_name(content)

    def folder(self, path: str) -> dict[str, str]:
        if path not in self.folders:
            above, _, name = path.rpartition("/")
            found = self.folder(above).get(name, "")
            self.folders[path] = self.read(found) if found else {}
        return self.folders[path]

    def read(self, name: str) -> dict[str, str]:
        """Names of objects by their names in a folder, whose rows are a mode, a name, a zero byte
        and the object's digest."""
        content, found, place = read_tree(self.git, name), {}, 0
        while (end := content.find(b"\0", place)) >= 0:
            file = content[place:end].partition(b" ")[2].decode("utf-8", "surrogateescape")
            place = end + 1 + self.width
            found[file] = content[end + 1 : place].hex()
        return found

    def blob_name(self, content: bytes) -> str:
        whole = b"blob %d\0" % len(content) + content
        if self.width == hashlib.sha256().digest_size:
            return hashlib.sha256(whole).hexdigest()
        return hashlib.sha1(whole, usedforsecurity=False).hexdigest()
