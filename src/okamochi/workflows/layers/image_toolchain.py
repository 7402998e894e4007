"""The Python of a base image, and okamochi's own layer on that image."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from threading import Lock

from okamochi.build.bytecode import Interpreter, Unit, bytecode_entries, compile_units, tag_of_python
from okamochi.build.components import Component
from okamochi.build.foreign_python import MAGIC_NUMBER
from okamochi.build.frame import digest_of, with_ancestors
from okamochi.build.kit_files import KIT_OWNER
from okamochi.build.layers import venv_frame
from okamochi.errors import BuildError
from okamochi.model.local_base import local_base
from okamochi.model.lock import LockedImage
from okamochi.model.plan import Plan
from okamochi.oci.entry import Entry, FileContent, file
from okamochi.oci.native import native_platforms
from okamochi.oci.packing import LayerRequest, Part, entries_key
from okamochi.oci.platform import Platform
from okamochi.oci.reference import DEFAULT_REGISTRY, Reference
from okamochi.system.world import World
from okamochi.workflows.layers.base_image import GROUP, PASSWD, BaseImage, base_image, for_platform, owners_in
from okamochi.workflows.layers.image_packages import image_wheels
from okamochi.workflows.layers.kept_in import KeptIn

__all__ = ["ImageToolchain", "base_owners", "image_components", "interpreter_of", "is_official", "own_layer"]

IMAGE_OWNER = "image"
# Parts of the standard library that no server imports.
NOT_COMPILED = frozenset(
    {"idlelib", "test", "tests", "turtledemo", "site-packages", "dist-packages", "__pycache__"}
)


@dataclass
class ImageToolchain:
    """As `okamochi.build.toolchain.Toolchain` is for Debian's packages. Where the image does not run here,
    the same image for this machine's platform has the same Python."""

    world: World
    locked: LockedImage
    platform: Platform
    version: str
    project: Path
    _lock: Lock = field(default_factory=Lock)
    _base: BaseImage | None = None
    _interpreter: Interpreter | None = None

    @property
    def identity(self) -> str:
        """Whose bytecode it is: of the image that compiles, by nothing that a lock could only claim. Where
        another platform's image of the same name does, a registry gives that one by the digest of both; a
        place on this machine gives any, which counts for this project alone."""
        compiles = self.locked.manifest
        if self.platform not in native_platforms():
            compiles = f"{self.locked.digest} {compiles}"
            if local_base(self.locked.name) is not None:
                compiles = f"{compiles} {self.locked.name} {self.project}"
        return f"python{self.version}-{hashlib.sha256(compiles.encode()).hexdigest()[:32]}"

    def base(self) -> BaseImage:
        with self._lock:
            if self._base is None:
                self._base = base_image(self.world, self.locked, self.platform, self.project)
            return self._base

    @property
    def python(self) -> str:
        return self.base().python(self.version)

    @property
    def started(self) -> Interpreter | None:
        return self._interpreter

    def interpreter(self) -> Interpreter:
        """BuildError when this machine has no Python that could compile for the image."""
        base = self.base()
        with self._lock:
            if self._interpreter is None:
                self._interpreter = self._chosen(base)
            return self._interpreter

    def _chosen(self, base: BaseImage) -> Interpreter:
        if self.platform in native_platforms():
            return interpreter_of(base, self.platform, self.version, self.identity)
        for native in native_platforms():
            other = for_platform(self.world, self.locked, native, self.project)
            if magic_of(other, self.version) != magic_of(base, self.version):
                break
            return interpreter_of(other, native, self.version, self.identity)
        raise BuildError(
            f"this machine cannot run a Python {self.version} that compiles for {self.platform}",
            where=self.locked.name,
            hint='build on a Linux machine, or choose packages as the base: [tool.okamochi] base = "debian"',
        )


def interpreter_of(base: BaseImage, platform: Platform, version: str, identity: str) -> Interpreter:
    """Kept in; else started through the image's own loader: no root rights, no chroot."""
    python = base.python(version)
    prefix = PurePosixPath(python).parent.parent
    folders = (
        f"{prefix}/lib",
        f"usr/lib/{platform.multiarch}",
        f"lib/{platform.multiarch}",
        "usr/lib",
        "lib",
    )
    libraries = ":".join(dict.fromkeys(str(base.place(folder)) for folder in folders))
    argv = (str(base.place(platform.loader)), "--library-path", libraries, str(base.root / python))
    return KeptIn(
        argv,
        tag_of_python(f"bin/python{version}"),
        identity,
        root=str(base.root),
        python=python,
        official=is_official(base.locked.name),
    )


def is_official(name: str) -> bool:
    if local_base(name) is not None:
        return False
    reference = Reference.parse(name)
    return (reference.registry, reference.repository) == (DEFAULT_REGISTRY, "library/python")


def magic_of(base: BaseImage, version: str) -> str:
    """What bytecode begins with, as the standard library says; the patch release where it does not."""
    library = library_of(base.python(version), version)
    found = MAGIC_NUMBER.search(base.text(f"{library}/importlib/_bootstrap_external.py"))
    return found[1] if found is not None else version


def library_of(python: str, version: str) -> str:
    """usr/local/bin/python3.12 → usr/local/lib/python3.12"""
    return f"{PurePosixPath(python).parent.parent}/lib/python{version}"


def own_layer(world: World, toolchain: ImageToolchain, plan: Plan) -> LayerRequest:
    """What the image lacks: the standard library's bytecode, the runtime user's name, the virtual
    environment's frame."""
    user = plan.security.run_as_user
    key = digest_of(f"image-base 1 {toolchain.locked.manifest} {toolchain.identity} {user}")

    def entries() -> Iterable[Entry]:
        base = toolchain.base()
        python = toolchain.python
        compiled = library_bytecode(world, toolchain, base, python)
        return with_ancestors((*named_user(base, user), *compiled, *venv_frame(python)))

    return LayerRequest(parts=(Part(key=key, entries=entries),), comment="base: bytecode, user")


def library_bytecode(
    world: World, toolchain: ImageToolchain, base: BaseImage, python: str
) -> tuple[Entry, ...]:
    sources = tuple(sources_below(base, library_of(python, toolchain.version)))
    unit = Unit(f"image {entries_key(sources)}", sources)
    compile_units(world, toolchain.interpreter(), (unit,), turn="base")
    return bytecode_entries(world, toolchain.interpreter(), sources, key=unit.key)


def sources_below(base: BaseImage, library: str) -> Iterator[Entry]:
    """Those that have no bytecode yet."""
    top = base.place(library)
    tag = tag_of_python(library)
    for path in sorted(top.rglob("*.py")):
        inner = path.relative_to(top)
        if NOT_COMPILED & set(inner.parts[:-1]) or path.is_symlink() or not path.is_file():
            continue
        if (path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc").exists():
            continue
        content = FileContent(path, path.stat().st_size)
        yield Entry(
            f"{library}/{inner.as_posix()}", file(library, "", b"").kind, 0o644, IMAGE_OWNER, content=content
        )


def named_user(base: BaseImage, user: int) -> Iterator[Entry]:
    """Programs ask who they are; a number without a name is an error to some."""
    rows = ((PASSWD, f"app:x:{user}:{user}:app:/tmp:/usr/sbin/nologin"), (GROUP, f"app:x:{user}:"))
    for path, row in rows:
        text = base.text(path)
        if not any(line.split(":")[2:3] == [str(user)] for line in text.splitlines()):
            ended = text if text.endswith("\n") or not text else f"{text}\n"
            yield file(path, KIT_OWNER, f"{ended}{row}\n".encode())


def image_components(toolchain: ImageToolchain) -> tuple[Component, ...]:
    """Its Debian packages, what is installed beside its Python, and the image itself for all else."""
    base = toolchain.base()
    debs = (
        Component(kind="deb", name=one["package"], version=one["version"], owner=f"deb:{one['package']}")
        for one in base.packages
    )
    distinct = {component.owner: component for component in debs}
    name = toolchain.locked.name.partition("@")[0]
    whole = Component(
        kind="image",
        name=name,
        version=toolchain.locked.manifest,
        owner=IMAGE_OWNER,
        sha256=toolchain.locked.manifest.partition(":")[2],
    )
    return (whole, *distinct.values(), *image_wheels(base, library_of(toolchain.python, toolchain.version)))


def base_owners(base: BaseImage) -> dict[str, str]:
    """Which component has each file of the image."""
    known = owners_in(base)
    found = {}
    for folder, _, names in os.walk(base.root):
        for name in names:
            path = (Path(folder, name)).relative_to(base.root).as_posix()
            found[path] = known.get(path, IMAGE_OWNER)
    return found
