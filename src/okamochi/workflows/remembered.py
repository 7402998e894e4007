"""What the last build of a project was, so that one in which nothing changed costs next to nothing."""

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from okamochi.build.revision import read_revision
from okamochi.oci.image import Image, StoredBytes
from okamochi.oci.image_config import ImageConfig
from okamochi.oci.layer_rows import layer_rows, layers_of_rows
from okamochi.oci.platform import Platform
from okamochi.system.project_files import SKIPPED_FOLDERS
from okamochi.system.tree_stamp import program_identity, tree_stamp
from okamochi.system.world import World

if TYPE_CHECKING:
    from okamochi.build.components import Component
    from okamochi.model.plan import Plan

__all__ = ["LOCK_NAME", "BuiltImage", "Memory"]

LOCK_NAME = "okamochi.lock"
KIND = "last-build"
IGNORE_FILES = (".gitignore", ".dockerignore", "okamochi.toml", "pyproject.toml")
BRINGS_BACK = re.compile(r"""(?:^\s*|["'])!""", re.MULTILINE)
VCS = frozenset({".git", ".hg", ".svn", ".bzr"})


@dataclass(frozen=True, kw_only=True)
class BuiltImage:
    """An image whose blobs lie in the cache. `plan_json` and `components_json` tell what it was made from;
    they are decoded only when somebody asks."""

    platform: Platform
    image: Image
    name: str
    plan_json: bytes
    components_json: bytes
    lock_written: bool = False

    @cached_property
    def plan(self) -> "Plan":
        from okamochi.model.codec import plan_from_json

        return plan_from_json(self.plan_json)

    @cached_property
    def components(self) -> "tuple[Component, ...]":
        import msgspec

        from okamochi.build.components import Component

        return msgspec.json.decode(self.components_json, type=tuple[Component, ...])


@dataclass(frozen=True)
class Memory:
    """`stamp` was taken before the project was read; "" when nothing may be recalled or kept."""

    world: World
    root: Path
    platform: Platform
    key: str
    stamp: str

    @classmethod
    def of(cls, world: World, root: Path, platform: Platform, question: tuple[str, ...]) -> "Memory":
        program = program_identity()
        parts = (program, str(root), str(platform), question)
        key = hashlib.sha256(json.dumps(parts).encode("utf-8", "surrogatepass")).hexdigest()
        return cls(world, root, platform, key, project_stamp(root) if program else "")

    def recall(self) -> BuiltImage | None:
        """The last build, if neither project, lock, revision nor okamochi changed and its blobs are there."""
        if not self.stamp:
            return None
        content = self.world.cache.record(KIND, self.key)
        if content is None:
            return None
        known = json.loads(content)
        if (known["stamp"], known["lock"], known["revision"]) != self.now():
            return None
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
        )

    def keep(self, built: BuiltImage) -> None:
        if not self.stamp:
            return
        stamp, lock, revision = self.now()
        facts = {
            "stamp": stamp,
            "lock": lock,
            "revision": revision,
            "layers": layer_rows(built.image.layers),
            "config": built.image.config_bytes.decode(),
            "manifest": built.image.manifest_bytes.decode(),
            "name": built.name,
            "plan": built.plan_json.decode(),
            "components": built.components_json.decode(),
        }
        self.world.cache.put_record(KIND, self.key, json.dumps(facts).encode())

    def lock_digest(self) -> str:
        try:
            return hashlib.sha256((self.root / LOCK_NAME).read_bytes()).hexdigest()
        except OSError:
            return ""

    def now(self) -> tuple[str, str, list[str]]:
        """Stamp, lock and revision, as they are compared."""
        revision = read_revision(self.root)
        return self.stamp, self.lock_digest(), [revision.commit, revision.source]


def project_stamp(root: Path) -> str:
    """Over everything that planning or packing may look at. Folders that neither enters (see SKIPPED_FOLDERS)
    count all the same once a pattern with "!" may bring them back."""
    brings_back = any(BRINGS_BACK.search(text_of(root / name)) for name in IGNORE_FILES)
    skip = VCS if brings_back else SKIPPED_FOLDERS
    return tree_stamp(root, skip=skip, ignore=frozenset({LOCK_NAME}))


def text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
