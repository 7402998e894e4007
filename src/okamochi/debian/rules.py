"""What okamochi's own code decides about a base, as a digest: part of every key in the cache."""

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from okamochi.model.lock import LockedDeb
from okamochi.oci.platform import Platform

__all__ = ["rules_digest", "tree_key"]


@cache
def rules_digest() -> str:
    """sha256 of this package's source: whoever changes a table or a finisher gets new trees, unasked."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    parts = (f"{path.name}\0".encode() + path.read_bytes() for path in files)
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def tree_key(debs: Sequence[LockedDeb], platform: Platform) -> str:
    """Of everything that decides a tree: packages, platform, and the rules of this version of okamochi."""
    packages = sorted(f"{deb.name} {deb.sha256}" for deb in debs)
    return hashlib.sha256("\n".join([*packages, str(platform), rules_digest()]).encode()).hexdigest()
