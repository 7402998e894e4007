"""Files that somebody else put there, of which only a regular one of bounded size is read."""

import os
import stat
from pathlib import Path

__all__ = ["regular_bytes", "regular_text"]

LIMIT_BYTES = 4_000_000


def regular_bytes(path: Path, *, limit_bytes: int = LIMIT_BYTES) -> bytes | None:
    """None for what is no regular file, is larger, or cannot be read; a pipe does not block."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError):
        return None
    with os.fdopen(handle, "rb") as stream:
        try:
            facts = os.fstat(handle)
            if not stat.S_ISREG(facts.st_mode) or facts.st_size > limit_bytes:
                return None
            return stream.read(limit_bytes)
        except OSError:
            return None


def regular_text(path: Path, *, limit_bytes: int = LIMIT_BYTES) -> str:
    """ "" for what cannot be read."""
    return (regular_bytes(path, limit_bytes=limit_bytes) or b"").decode("utf-8", "replace")
