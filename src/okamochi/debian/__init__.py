"""Floor 4: from a Debian suite to a small root file system, without root and without running anything.

Names are loaded when they are first used: a build whose base lies in the cache needs only its key (`rules`).
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from okamochi.debian.archives import ResolvedBase, resolve_added, resolve_base
    from okamochi.debian.rules import tree_key
    from okamochi.debian.tree import BaseTree, Component, base_tree

__all__ = ["BaseTree", "Component", "ResolvedBase", "base_tree", "resolve_added", "resolve_base", "tree_key"]

MODULES = {
    "BaseTree": "tree",
    "Component": "tree",
    "ResolvedBase": "archives",
    "base_tree": "tree",
    "resolve_added": "archives",
    "resolve_base": "archives",
    "tree_key": "rules",
}


def __getattr__(name: str) -> object:
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{MODULES[name]}"), name)
