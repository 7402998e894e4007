"""Which wheels share a layer.

Every layer costs a request on pull and a mount at run; every wheel that shares a layer is sent again when a
neighbour changes. So big wheels stand alone, and the rest goes into a fixed number of groups chosen by the
wheel's name alone: adding, bumping or removing one wheel never moves another.
"""

import hashlib
from collections.abc import Iterable

from okamochi.pypi.wheel_tree import WheelTree

__all__ = ["BIG_BYTES", "GROUPS", "MOST_ALONE", "wheel_groups"]

BIG_BYTES = 3_000_000
MOST_ALONE = 13
GROUPS = 8


def wheel_groups(trees: Iterable[WheelTree]) -> tuple[tuple[WheelTree, ...], ...]:
    """Groups in the order of their layers: the big ones by name, then the shared groups.

    At most MOST_ALONE + GROUPS = 21 layers: with base, kit and the app's 33 at most 56; engines take 127.
    """
    by_size = sorted(trees, key=lambda tree: (-tree.size_bytes, tree.wheel.name))
    alone = [tree for tree in by_size[:MOST_ALONE] if tree.size_bytes >= BIG_BYTES]
    shared: dict[int, list[WheelTree]] = {}
    for tree in by_size:
        if tree not in alone:
            shared.setdefault(group_of(tree.wheel.name), []).append(tree)
    by_name = [(tree,) for tree in sorted(alone, key=lambda tree: tree.wheel.name)]
    grouped = [tuple(sorted(group, key=lambda tree: tree.wheel.name)) for _, group in sorted(shared.items())]
    return (*by_name, *grouped)


def group_of(name: str) -> int:
    return hashlib.sha256(name.encode()).digest()[0] % GROUPS
