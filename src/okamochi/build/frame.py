"""What every layer has in common: the folders above its files, and the version of our rules."""

import hashlib
from collections.abc import Sequence
from pathlib import PurePosixPath

from okamochi.oci.entry import Entry, directory

__all__ = ["LAYER_FORMAT", "ancestors", "digest_of", "with_ancestors"]

# Part of every cache key: counts up whenever the same inputs would give other entries.
LAYER_FORMAT = "1"


def with_ancestors(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The entries and every folder above them: an engine may unpack a layer by itself."""
    folders: dict[str, Entry] = {}
    for entry in entries:
        if entry.path.rpartition("/")[0] not in folders:
            for folder in ancestors(entry.path, entry.owner):
                folders.setdefault(folder.path, folder)
    given = {entry.path for entry in entries}
    return (*(folder for path, folder in folders.items() if path not in given), *entries)


def ancestors(path: str, owner: str) -> tuple[Entry, ...]:
    parents = [str(parent) for parent in PurePosixPath(path).parents][:-1]
    return tuple(directory(parent, owner) for parent in reversed(parents))


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
