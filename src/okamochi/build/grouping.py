"""Which wheels share a layer.

Every layer costs a request on pull and a mount at run; every wheel that shares a layer is sent again when a
neighbour changes. So the largest wheels stand alone, and the small rest goes into a fixed number of groups
chosen by the wheel's name alone: bumping one wheel sends that wheel, or a group of small ones. One that comes
or goes moves one other at most, between standing alone and its group.
"""

import hashlib
from collections.abc import Iterable

from okamochi.build.app_layers import MOST_SHARES
from okamochi.pypi.wheel_tree import WheelTree

__all__ = ["GROUPS", "MOST_LAYERS", "most_alone", "wheel_groups"]

GROUPS = 6
MOST_LAYERS = 40
"""Of a whole image, unless its base has many by itself: the kit's one, and the app's, are counted in."""

# The kit, and the app's large files.
ABOVE_WHEELS = 1 + 1
FEWEST_ALONE = 2


def wheel_groups(
    trees: Iterable[WheelTree], *, below: int = 1, shares: int = MOST_SHARES
) -> tuple[tuple[WheelTree, ...], ...]:
    """Groups in the order of their layers: those alone by name, then the shared groups. `below` are the
    layers of the base, `shares` those that are kept for the app (see `room_for_shares`)."""
    by_size = sorted(trees, key=lambda tree: (-tree.size_bytes, tree.wheel.name))
    count = most_alone(below, shares)
    shared: dict[int, list[WheelTree]] = {}
    for tree in by_size[count:]:
        shared.setdefault(group_of(tree.wheel.name), []).append(tree)
    alone = [(tree,) for tree in sorted(by_size[:count], key=lambda tree: tree.wheel.name)]
    grouped = [tuple(sorted(group, key=lambda tree: tree.wheel.name)) for _, group in sorted(shared.items())]
    return (*alone, *grouped)


def most_alone(below: int, shares: int = MOST_SHARES) -> int:
    return max(FEWEST_ALONE, MOST_LAYERS - ABOVE_WHEELS - shares - GROUPS - below)


def group_of(name: str) -> int:
    return hashlib.sha256(name.encode()).digest()[0] % GROUPS
