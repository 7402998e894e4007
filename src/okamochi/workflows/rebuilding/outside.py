"""What lies beside the project and planning looked at: a workspace above it, a package next to it.

The stamps of the project's own tree do not cover it, so whatever is remembered of a plan holds these as well.
"""

import hashlib
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from okamochi.system.project_files import SKIPPED_FOLDERS, shared_folder
from okamochi.system.tree_stamp import tree_stamp

if TYPE_CHECKING:
    from okamochi.model.plan import Plan

__all__ = ["is_outside", "outside_of", "outside_stamps", "outside_unchanged", "surrounding"]

OutsideStamps = list[tuple[str, str]]
ABSENT = "absent"


def is_outside(path: str) -> bool:
    """Whether a path, relative to the project, leads out of it."""
    return path.split("/", 1)[0] == ".."


def outside_of(plan: "Plan", read: Iterable[str]) -> tuple[str, ...]:
    """Files and folders beside the project that decide about the image."""
    named = (*plan.dependencies.input_files, *(package.path for package in plan.dependencies.local))
    return tuple(sorted(path for path in {*read, *named} if is_outside(path)))


def surrounding(root: Path) -> str:
    """The folder above whose files the project shares; it decides what planning may read at all."""
    return str(shared_folder(root) or "")


def outside_stamps(root: Path, paths: Iterable[str]) -> OutsideStamps:
    """Of those paths that lead out of the project."""
    return [(path, stamp_of(root / path)) for path in sorted(set(paths)) if is_outside(path)]


def outside_unchanged(root: Path, stamps: Iterable[tuple[str, str]]) -> bool:
    return all(stamp_of(root / path) == stamp for path, stamp in stamps)


def stamp_of(path: Path) -> str:
    """Of a folder's files, or of a file's content; what cannot be looked at is different each time."""
    if path.is_dir():
        return tree_stamp(path, skip=SKIPPED_FOLDERS) or str(time.time_ns())
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return ABSENT
    except OSError:
        return str(time.time_ns())
