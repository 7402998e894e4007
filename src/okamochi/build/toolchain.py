"""The base and its Python, fetched and unpacked only when something really has to be made from them."""

import hashlib
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from okamochi.build.bytecode import Interpreter, image_interpreter, tag_of_python
from okamochi.errors import BuildError, RegistryError, TransientRegistryError
from okamochi.model.lock import LockedDeb
from okamochi.oci.native import native_platforms
from okamochi.oci.platform import Platform
from okamochi.system.tree_stamp import program_identity
from okamochi.system.world import World

if TYPE_CHECKING:
    from okamochi.debian.tree import BaseTree

__all__ = ["Toolchain"]

KIND = "interpreter"
ROOTS = "roots"


class Toolchain(msgspec.Struct):
    """A build whose layers are all in the cache never opens the base; `tree` and `interpreter` do, once.

    `native` are the platforms whose programs run here: where the image's is not among them, another Python
    than the image's own writes its bytecode. `near` is a tree that has some of the packages."""

    world: World
    debs: tuple[LockedDeb, ...]
    platform: Platform
    snapshot: str = ""
    native: tuple[Platform, ...] = msgspec.field(default_factory=native_platforms)
    near: "BaseTree | None" = None
    _lock: threading.Lock = msgspec.field(default_factory=threading.Lock)
    _choosing: threading.Lock = msgspec.field(default_factory=threading.Lock)
    _tree: "BaseTree | None" = None
    _interpreter: Interpreter | None = None

    @property
    def base_key(self) -> str:
        from okamochi.debian.rules import tree_key

        return tree_key(self.debs, self.platform)

    @property
    def identity(self) -> str:
        return python_identity(self.debs)

    def tree(self) -> "BaseTree":
        from okamochi.debian.tree import base_tree

        with self._lock:
            if self._tree is None:
                self._tree = base_tree(
                    self.world, self.debs, self.platform, snapshot=self.snapshot, near=self.near
                )
            return self._tree

    def interpreter(self) -> Interpreter:
        """BuildError when this machine has no Python that could compile for the image;
        TransientRegistryError when one of Debian could be had in a better moment."""
        with self._choosing:
            if self._interpreter is None:
                self._interpreter = self._remembered() or self._kept(self._chosen(self.tree()))
            return self._interpreter

    @property
    def started(self) -> Interpreter | None:
        """The image's own Python, when an earlier build or this one has started it."""
        return self._interpreter or self._remembered()

    def _remembered(self) -> Interpreter | None:
        """The image's own Python as an earlier build started it: an edit of the app need not read the list of
        the base's files again."""
        content = self.world.cache.record(KIND, self._question) if self.platform in self.native else None
        if content is None or self.world.cache.folder_if_made(ROOTS, self.base_key) is None:
            return None
        argv = tuple(content.decode("utf-8", "surrogateescape").split("\0"))
        if not all(Path(argv[index]).exists() for index in (0, -1)):
            return None
        return Interpreter(argv, tag_of_python(argv[-1]), self.identity)

    def _kept(self, chosen: Interpreter) -> Interpreter:
        if self.platform in self.native:
            self.world.cache.put_record(KIND, self._question, os.fsencode("\0".join(chosen.argv)))
        return chosen

    @property
    def _question(self) -> str:
        debs = hashlib.sha256("".join(deb.sha256 for deb in self.debs).encode()).hexdigest()
        return f"{program_identity()} {self.platform} {debs}"

    def _chosen(self, tree: "BaseTree") -> Interpreter:
        if self.platform in self.native:
            return image_interpreter(tree.root, tree.python, self.platform, identity=self.identity)
        from okamochi.build.foreign_python import native_interpreter, uv_interpreter

        for native in self.native:
            try:
                return native_interpreter(
                    self.world, tree, self.debs, native, snapshot=self.snapshot, identity=self.identity
                )
            except TransientRegistryError:
                raise  # a second try gives the same bytes as always; uv's Python might not
            except RegistryError as error:
                self.world.reporter.note(f"no Python of Debian for {native}: {error.message}")
        return uv_interpreter(self.world, tree, self.debs, identity=self.identity)


def python_identity(debs: Sequence[LockedDeb]) -> str:
    """What decides the bytecode: the packages that hold the interpreter, and nothing else of the base, so
    that a security update of OpenSSL leaves all bytecode as it is."""
    makers = sorted(deb for deb in debs if deb.name.startswith(("python3.", "libpython3.")))
    if not makers:
        raise BuildError(
            "the base has no Python",
            where="okamochi.lock",
            hint="remove okamochi.lock and build again, or report this as a bug",
        )
    versions = " ".join(f"{deb.name}={deb.version}" for deb in makers)
    return f"{makers[-1].name}-{hashlib.sha256(versions.encode()).hexdigest()[:16]}"
