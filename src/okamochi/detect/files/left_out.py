"""Which of the project's files the image is without, as its patterns say."""

import re
from collections.abc import Callable
from functools import lru_cache

__all__ = ["left_out", "literal"]


@lru_cache(maxsize=16)
def left_out(excluded: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether a file is kept out, or a folder (which ends in a slash). Nothing in a folder that is kept out
    is looked for, whatever a later pattern says of it. A plan asks of the same patterns several times, and a
    hundred of them take long to compile."""
    from pathspec import GitIgnoreSpec  # which takes long to import, and few projects come here

    outside = GitIgnoreSpec.from_lines(excluded)
    return lambda path: any(map(outside.match_file, with_folders(path)))


def with_folders(path: str) -> tuple[str, ...]:
    """The folders around it, from outside, and itself."""
    parts = path.split("/")
    return (*(f"{'/'.join(parts[:count])}/" for count in range(1, len(parts))), path)


def literal(path: str) -> str:
    """A path as a pattern that means nothing else."""
    return re.sub(r"([\\*?\[\] !#])", r"\\\1", path)
