"""From locked wheels to the files that an image gets: wheel by wheel, each unpacked only once."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import msgspec

from okamochi.errors import BuildError
from okamochi.model.lock import LockedWheel
from okamochi.model.plan import Dependencies
from okamochi.pypi.built_wheel import Built
from okamochi.pypi.conflicts import left_out_paths
from okamochi.pypi.target import Target
from okamochi.pypi.wheel_tree import WheelTree
from okamochi.system.world import World

__all__ = ["FORMAT", "wheel_trees"]

# Part of the cache's keys: counts up when the same wheel gives other files.
FORMAT = 2
KIND = "wheels"
SETS_KIND = "wheel-sets"


def wheel_trees(
    world: World,
    wheels: tuple[LockedWheel, ...],
    *,
    target: Target,
    project_root: Path | None = None,
    dependencies: Dependencies | None = None,
    offered: tuple[Built, ...] = (),
) -> tuple[WheelTree, ...]:
    """A tree for each wheel, in the order given; uv is started only for those that the cache lacks.

    `project_root` and `dependencies` let the project's own index options count for the download. Wheels
    `offered` are files of the cache, not to be fetched.
    RegistryError when a wheel cannot be had with its locked digest (offline: listing what is missing);
    BuildError when one holds what none may hold.
    """
    python_version = target.python_version
    missing = tuple(wheel for wheel in wheels if _held(world, wheel, python_version) is None)
    if missing:
        from okamochi.pypi.fetch import fetch

        fetch(
            world,
            missing,
            lambda wheel, make: _keep(world, wheel, python_version, make),
            target=target,
            project_root=project_root,
            dependencies=dependencies or Dependencies(),
            offered=offered,
        )
    trees = tuple(WheelTree(wheel, _made(world, wheel, python_version)) for wheel in wheels)
    left_out = _left_out(world, trees, python_version)
    return tuple(WheelTree(tree.wheel, tree.root, left_out.get(tree.wheel.name, ())) for tree in trees)


def _key(wheel: LockedWheel, python_version: str) -> str:
    return f"{wheel.sha256}-{python_version}-{FORMAT}"


def _held(world: World, wheel: LockedWheel, python_version: str) -> Path | None:
    return world.cache.folder_if_made(KIND, _key(wheel, python_version))


def _keep(world: World, wheel: LockedWheel, python_version: str, make: Callable[[Path], None]) -> None:
    world.cache.folder(KIND, _key(wheel, python_version), make)


def _made(world: World, wheel: LockedWheel, python_version: str) -> Path:
    found = _held(world, wheel, python_version)
    if found is None:
        raise BuildError(
            f"{wheel.filename} vanished from the cache while it was used",
            where=str(world.cache.root),
            hint="another program cleared the cache: build again",
        )
    return found


def _left_out(world: World, trees: tuple[WheelTree, ...], python_version: str) -> dict[str, tuple[str, ...]]:
    """Looked for once for each set of wheels, since it reads the lists of all files."""
    keys = sorted(f"{tree.wheel.name} {_key(tree.wheel, python_version)}" for tree in trees)
    key = hashlib.sha256("\n".join(keys).encode()).hexdigest()
    held = world.cache.record(SETS_KIND, key)
    if held is not None:
        return msgspec.json.decode(held, type=dict[str, tuple[str, ...]])
    found = left_out_paths(trees, world.reporter.warn)
    world.cache.put_record(SETS_KIND, key, msgspec.json.encode(found, order="deterministic"))
    return found
