"""What the last build of a project was, so that the next one does again only what a change calls for."""

import hashlib
import json
import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from okamochi.build.revision import index_stamp, read_revision, tags_stamp
from okamochi.errors import UsageError
from okamochi.oci.image import Image, StoredBytes
from okamochi.oci.image_config import ImageConfig
from okamochi.oci.layer_rows import layer_rows, layers_of_rows
from okamochi.oci.platform import Platform
from okamochi.system.patterns import regex
from okamochi.system.project_files import SKIPPED_FOLDERS, DiskProject, ProjectFiles, unreadable
from okamochi.system.tree_stamp import FileFacts, program_identity, tree_facts
from okamochi.system.world import World
from okamochi.workflows.rebuilding.outside import outside_stamps, outside_unchanged, surrounding

if TYPE_CHECKING:
    from okamochi.build.components import Component
    from okamochi.model.plan import Plan
    from okamochi.workflows.rebuilding.incremental import SameTree

__all__ = ["LOCK_LIMIT_BYTES", "LOCK_NAME", "BuiltImage", "Memory", "is_open", "lock_content", "lock_place"]

LOCK_NAME = "okamochi.lock"
KIND = "last-build"
IGNORE_FILES = (".gitignore", ".dockerignore", "okamochi.toml", "pyproject.toml")
BRINGS_BACK = regex(r"""(?:^\s*|["'])!""", re.MULTILINE)
TAKEN_BACK = b'"!'
WILD = regex(r"(?<!\\)[*?\[]")
VCS = frozenset({".git", ".hg", ".svn", ".bzr"})
MOST_FILES = 20_000
LOCK_LIMIT_BYTES = 64_000_000


def lock_content(project: ProjectFiles) -> bytes | None:
    """The lock's text; None when there is none. UsageError for one that is there and cannot be read, or that
    lies elsewhere: a build would pin everything anew, and replace it."""
    content = project.read_bytes(LOCK_NAME, limit_bytes=LOCK_LIMIT_BYTES)
    if content is None and project.root and not lock_place(project.root).is_relative_to(project.root):
        raise UsageError(
            f"{LOCK_NAME} is a symbolic link that leads out of the project",
            where=LOCK_NAME,
            hint="put a file in its place, or remove it: each project has a lock of its own",
        )
    if content is None and project.exists(LOCK_NAME):
        told = unreadable(LOCK_NAME, LOCK_LIMIT_BYTES)
        raise UsageError(told.message, where=LOCK_NAME, hint="check its permissions, or restore it")
    return content


def lock_place(root: Path) -> Path:
    """Where the lock is written: a link of the project's stays one."""
    place = root / LOCK_NAME
    return place.resolve() if place.is_symlink() else place


class BuiltImage(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """An image whose blobs lie in the cache. `plan_json` and `components_json` tell what it was made from;
    they are decoded only when somebody asks. `rebuild` is what `incremental` needs to make the next one,
    `outside` what planning looked at beside the project. `proved_as` is the digest of the image whose proof
    is this one's, too, because what the server loads is the same; "" for its own."""

    platform: Platform
    image: Image
    name: str
    plan_json: bytes
    components_json: bytes
    rebuild: dict[str, Any]
    outside: tuple[str, ...] = ()
    proved_as: str = ""

    @cached_property
    def plan(self) -> "Plan":
        from okamochi.model.codec import plan_from_json

        return plan_from_json(self.plan_json)

    @cached_property
    def components(self) -> "tuple[Component, ...]":
        import msgspec

        from okamochi.build.components import Component

        return msgspec.json.decode(self.components_json, type=tuple[Component, ...])


class Memory(msgspec.Struct, frozen=True):
    """`facts` were taken before the project was read; None when nothing may be recalled or kept."""

    world: World
    root: Path
    platform: Platform
    key: str
    facts: dict[str, FileFacts] | None

    @classmethod
    def of(cls, world: World, root: Path, platform: Platform, question: tuple[str, ...]) -> "Memory":
        program = program_identity()
        parts = (program, str(root), surrounding(root), str(platform), question)
        key = hashlib.sha256(json.dumps(parts).encode("utf-8", "surrogatepass")).hexdigest()
        watch_all = any("!" in part for part in question)
        return cls(world, root, platform, key, project_facts(root, watch_all) if program else None)

    def recall(self) -> "BuiltImage | SameTree | None":
        """The last build when nothing changed since, or the image as a change of the app's files makes it,
        when they are such as leave the plan alone; its blobs are there. Else the files, when which of them
        enter the image is as it was; else None."""
        content = self.world.cache.record(KIND, self.key) if self.facts is not None else None
        if content is None or self.facts is None:
            return None
        known = json.loads(content)
        if (known["lock"], known["revision"]) != self.surroundings():
            return None
        if not outside_unchanged(self.root, known["outside"]):
            return None
        before = {path: tuple(numbers) for path, numbers in known["facts"].items()}
        if before == self.facts:
            return self.recalled(known)
        if before.keys() != self.facts.keys():
            return None
        changed = tuple(path for path, numbers in self.facts.items() if numbers != before[path])
        from okamochi.workflows.layers.compiling import are_plain, compiled_ahead

        rebuild = known["rebuild"]
        if not rebuild or not are_plain(self.root, rebuild, changed):
            return None
        # it takes longest: begun before the rest is read and imported
        compiling = compiled_ahead(self.world, self.root, rebuild, changed)
        built = self.recalled(known)
        if built is None:
            return None
        from okamochi.workflows.rebuilding.incremental import SameTree, rebuilt

        files = SameTree(self.root, built, changed, compiling)
        image = rebuilt(self.world, files)
        if image is None:
            return files if files.enters_alike else None
        self.keep(image)
        return image

    def recalled(self, known: dict[str, Any]) -> BuiltImage | None:
        layers = layers_of_rows(known["layers"], self.world.cache.blob)
        if layers is None:
            return None
        config = known["config"].encode()
        stored = StoredBytes(config, known["manifest"].encode())
        return BuiltImage(
            platform=self.platform,
            image=Image(ImageConfig.read(config, where=KIND), layers, stored=stored),
            name=known["name"],
            plan_json=known["plan"].encode(),
            components_json=known["components"].encode(),
            rebuild=known["rebuild"],
            outside=tuple(path for path, _ in known["outside"]),
            proved_as=known["proved_as"],
        )

    def keep(self, built: BuiltImage) -> None:
        if self.facts is None or len(self.facts) > MOST_FILES:
            return
        if (
            TAKEN_BACK in built.plan_json
            and not brings_back(self.root)
            and is_open(built.plan.source.exclude)
        ):
            return  # an ignore file further down brings back what was not looked at
        lock, revision = self.surroundings()
        facts = {
            "facts": self.facts,
            "lock": lock,
            "outside": outside_stamps(self.root, built.outside),
            "revision": revision,
            "layers": layer_rows(built.image.layers),
            "config": built.image.config_bytes.decode(),
            "manifest": built.image.manifest_bytes.decode(),
            "name": built.name,
            "plan": built.plan_json.decode(),
            "components": built.components_json.decode(),
            "rebuild": built.rebuild,
            "proved_as": built.proved_as,
        }
        content = json.dumps(facts).encode("utf-8", "surrogatepass")
        self.world.cache.put_record(KIND, self.key, content)

    def surroundings(self) -> tuple[str, list[str]]:
        """Lock and revision with its tags, as they are compared."""
        content = DiskProject(self.root).read_bytes(LOCK_NAME, limit_bytes=LOCK_LIMIT_BYTES)
        lock = hashlib.sha256(content).hexdigest() if content is not None else ""
        revision = read_revision(self.root)
        return lock, [revision.commit, revision.source, tags_stamp(self.root), index_stamp(self.root)]


def is_open(exclude: Sequence[str]) -> bool:
    """Whether a pattern with "!" may bring back more than named files: folders that `project_facts` skips."""
    known = frozenset(exclude)
    for pattern in (one[1:] for one in exclude if one.startswith("!")):
        closed = pattern.endswith("/") and not known.isdisjoint((f"{pattern}*", f"{pattern}**/node_modules/"))
        named = not pattern.endswith("/") and SKIPPED_FOLDERS.isdisjoint(pattern.split("/"))
        if not pattern.startswith("/") or WILD.search(pattern) or not (closed or named):
            return True
    return False


def project_facts(root: Path, watch_all: bool) -> dict[str, FileFacts] | None:
    """Of everything that planning or packing may look at. Folders that neither enters (see SKIPPED_FOLDERS)
    count all the same once a pattern with "!" may bring them back."""
    skip = VCS if watch_all or brings_back(root) else SKIPPED_FOLDERS
    return tree_facts(root, skip=skip, ignore=frozenset({LOCK_NAME}))


def brings_back(root: Path) -> bool:
    """Whether an ignore file or setting at the root has a pattern with "!"."""
    project = DiskProject(root)
    return any(BRINGS_BACK.search(project.read_text(name) or "") for name in IGNORE_FILES)
