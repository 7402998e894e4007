"""The plan of a project in which nothing changed since it was made: told from size, times and inode of its
files, without reading them."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from okamochi.build.revision import index_stamp
from okamochi.errors import OkamochiError
from okamochi.model.codec import plan_from_json, plan_to_json
from okamochi.model.plan import Plan
from okamochi.system.files import StorageError
from okamochi.system.project_files import SKIPPED_FOLDERS
from okamochi.system.tree_stamp import program_identity, tree_stamp
from okamochi.system.world import World
from okamochi.workflows.rebuilding.outside import outside_stamps, outside_unchanged, surrounding
from okamochi.workflows.rebuilding.seen import Seen

__all__ = ["PlanMemory"]

KIND = "plan"
# Nothing that planning reads: what a build writes there, and what git and tools keep.
NOT_READ = SKIPPED_FOLDERS


class PlanMemory(msgspec.Struct, frozen=True):
    """`key` is "" when nothing may be kept: something changed just now."""

    world: World
    root: Path
    key: str

    @classmethod
    def of(
        cls, world: World, root: Path, overrides: Mapping[str, str], without: frozenset[str]
    ) -> "PlanMemory":
        program = program_identity()
        stamp = tree_stamp(root, skip=NOT_READ) if program else ""
        variables = sorted(item for item in world.environ.items() if item[0].startswith("OKAMOCHI_"))
        question = (
            program,
            str(root),
            str(Path.cwd()),
            surrounding(root),
            stamp,
            index_stamp(root),
            sorted(overrides.items()),
            sorted(without),
            variables,
        )
        text = json.dumps(question).encode("utf-8", "surrogatepass")
        return cls(world, root, hashlib.sha256(text).hexdigest() if stamp else "")

    def recall(self) -> tuple[Plan, Seen] | None:
        """The plan and what it was made from."""
        content = self.world.cache.record(KIND, self.key) if self.key else None
        if content is None:
            return None
        first, _, plan = content.partition(b"\n")
        try:
            read, gists, beside = json.loads(first)
            if not outside_unchanged(self.root, beside):
                return None
            return plan_from_json(plan), Seen(frozenset(read), gists)
        except (ValueError, OkamochiError):
            return None

    def keep(self, plan: Plan, seen: Seen) -> None:
        """Not in a cache that cannot be written, since planning needs none."""
        if not self.key:
            return
        beside = outside_stamps(self.root, seen.read)
        line = json.dumps((sorted(seen.read), seen.gists, beside)).encode("utf-8", "surrogatepass")
        with suppress(StorageError):
            self.world.cache.put_record(
                KIND, self.key, line + b"\n" + plan_to_json(plan).replace(b"\n", b" ")
            )
