"""Wheels that unpack to far more than they can hold, told by samples of their largest files."""

import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from okamochi.errors import BuildError

__all__ = ["refuse_bomb"]

LEAST_BYTES = 256 * 2**20
MOST_EXPANSION = 100
SAMPLED_FILES = 8
SAMPLE_BYTES = 2**20


def refuse_bomb(root: Path, sizes: Sequence[tuple[str, int]], *, archive: str) -> None:
    """BuildError for more than LEAST_BYTES of files that compress a hundredfold. `sizes` are paths below
    `root` with their bytes; code, data and libraries compress to a fifth of it at best."""
    total = sum(size_bytes for _, size_bytes in sizes)
    if total <= LEAST_BYTES:
        return
    largest = sorted(sizes, key=lambda one: (-one[1], one[0]))[:SAMPLED_FILES]
    read, packed = 0, 0
    for sample in samples(root, largest):
        read += len(sample)
        packed += len(zlib.compress(sample, 1))
    if read > packed * MOST_EXPANSION:
        raise BuildError(
            f"the wheel unpacks to {total:,} bytes of nearly nothing: they compress {read // packed} times",
            where=archive,
            hint="it is damaged or made to fill disks: take another version of the package",
        )


def samples(root: Path, files: Iterable[tuple[str, int]]) -> Iterable[bytes]:
    """The beginning and the middle of each."""
    for path, size_bytes in files:
        with (root / path).open("rb") as stream:
            for place in (0, size_bytes // 2):
                stream.seek(place)
                yield stream.read(SAMPLE_BYTES)
