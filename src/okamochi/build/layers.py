"""The layers below the app: base, wheels, kit; from what changes least to what changes most."""

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from okamochi.build.app_bytecode import Compiles
from okamochi.build.bytecode import BYTECODE_FORMAT, Unit, bytecode_entries, compile_units, python_sources
from okamochi.build.frame import LAYER_FORMAT, ancestors, digest_of, with_ancestors
from okamochi.build.kit_files import KIT_OWNER, kit_entries
from okamochi.build.toolchain import Toolchain
from okamochi.model.plan import VENV_ROOT, Plan
from okamochi.oci.entry import Entry, directory, file, symlink
from okamochi.oci.packing import LayerRequest, Part, entries_key
from okamochi.pypi.install import FORMAT as TREE_FORMAT
from okamochi.pypi.wheel_tree import WheelTree
from okamochi.system.world import World

if TYPE_CHECKING:
    from okamochi.debian.tree import BaseTree

__all__ = [
    "base_layer",
    "compile_above",
    "compile_base",
    "kit_layer",
    "venv_frame",
    "volume_folders",
    "wheel_layer",
]


def base_layer(world: World, toolchain: Toolchain) -> LayerRequest:
    """Debian's files, the standard library's bytecode, and the frame of the virtual environment."""
    key = f"base {LAYER_FORMAT} {BYTECODE_FORMAT} {toolchain.base_key} {toolchain.identity}"

    def entries() -> Iterable[Entry]:
        tree = toolchain.tree()
        compiled = base_bytecode(world, toolchain, tree)
        return (*tree.entries, *compiled, *venv_frame(tree.python))

    return LayerRequest(parts=(Part(key=key, entries=entries),), comment="base")


def base_bytecode(world: World, toolchain: Toolchain, tree: "BaseTree") -> Iterable[Entry]:
    units = base_units(world, tree)
    compile_units(world, toolchain.interpreter(), units, turn="base")
    return merged(
        bytecode_entries(world, toolchain.interpreter(), unit.entries, key=unit.key) for unit in units
    )


def base_units(world: World, tree: "BaseTree") -> tuple[Unit, ...]:
    """The standard library, known by its content: nearly all of it is the same for every platform, so that a
    second platform compiles next to nothing. Each file is read for it, but once a run."""

    def units() -> tuple[Unit, ...]:
        sources = python_sources(tree.entries)
        own = [entry for entry in sources if "linux-gnu" in entry.path]
        shared = [entry for entry in sources if "linux-gnu" not in entry.path]
        return tuple(Unit(f"base {entries_key(share)}", share) for share in (shared, own))

    return world.once.answer(("standard library", tree.root), units)


def compile_base(world: World, toolchain: Toolchain) -> None:
    """The standard library's bytecode, so that packing the base finds it in the cache, and a base with more
    packages does, too."""
    compile_units(world, toolchain.interpreter(), base_units(world, toolchain.tree()), turn="base")


def merged(shares: Iterable[Sequence[Entry]]) -> tuple[Entry, ...]:
    """A folder that both have is one."""
    return tuple({entry.path: entry for share in shares for entry in share}.values())


def venv_frame(python: str) -> tuple[Entry, ...]:
    """A virtual environment (PEP 405) whose Python is the base's; its packages come with other layers."""
    venv = VENV_ROOT.removeprefix("/")
    name = PurePosixPath(python).name
    configuration = f"home = /{PurePosixPath(python).parent}\ninclude-system-site-packages = false\n"
    return (
        *ancestors(f"{venv}/lib/{name}/site-packages/x", KIT_OWNER),
        directory(f"{venv}/bin", KIT_OWNER),
        file(f"{venv}/pyvenv.cfg", KIT_OWNER, configuration.encode()),
        symlink(f"{venv}/bin/{name}", KIT_OWNER, f"/{python}"),
        symlink(f"{venv}/bin/python3", KIT_OWNER, name),
        symlink(f"{venv}/bin/python", KIT_OWNER, name),
    )


def wheel_layer(world: World, toolchain: Compiles, group: Sequence[WheelTree]) -> LayerRequest:
    """One group of wheels with their bytecode; each wheel is a part of its own in the cache."""
    names = ", ".join(f"{tree.wheel.name} {tree.wheel.version}" for tree in group)
    parts = tuple(wheel_part(world, toolchain, tree) for tree in group)
    return LayerRequest(parts=parts, comment=f"wheels: {names}")


def wheel_part(world: World, toolchain: Compiles, tree: WheelTree) -> Part:
    content = tree_key(tree)
    key = f"wheel {LAYER_FORMAT} {BYTECODE_FORMAT} {content} {toolchain.identity}"

    def entries() -> Iterable[Entry]:
        compiled = bytecode_entries(world, toolchain.interpreter(), tree.entries, key=content)
        return with_ancestors((*tree.entries, *compiled))

    return Part(key=key, entries=entries)


def tree_key(tree: WheelTree) -> str:
    """Of what lies in a wheel's tree."""
    return digest_of(f"{TREE_FORMAT} {tree.wheel.sha256} {tree.left_out}")


def compile_above(world: World, toolchain: Compiles, trees: Iterable[WheelTree], plan: Plan) -> None:
    """The bytecode of all wheels and of the kit at once, so that packing them one by one finds it in the
    cache."""
    kit = kit_entries(plan)
    units = (*(Unit(tree_key(tree), tree.entries) for tree in trees), Unit(entries_key(kit), kit))
    compile_units(world, toolchain.interpreter(), units, turn="wheels")


def kit_layer(world: World, toolchain: Compiles, plan: Plan) -> LayerRequest:
    """gunicorn's configuration, the health check, and the folders that volumes are mounted on."""
    kit = kit_entries(plan)
    folders = volume_folders(plan)
    key = f"kit {LAYER_FORMAT} {BYTECODE_FORMAT} {entries_key(kit)} {toolchain.identity}"
    key += f" folders: {entries_key(folders)}"

    def entries() -> Iterable[Entry]:
        compiled = bytecode_entries(world, toolchain.interpreter(), kit, key=entries_key(kit))
        return with_ancestors((*kit, *compiled, *folders))

    return LayerRequest(parts=(Part(key=digest_of(key), entries=entries),), comment="kit")


def volume_folders(plan: Plan) -> tuple[Entry, ...]:
    """Empty, owned by the runtime user: a new named volume takes over owner and mode of what it covers. A
    file system in memory takes over only the mode (runc), so that all may write there."""
    owner = plan.security
    uid, gid = owner.run_as_user, owner.run_as_group
    paths = (*(one.path for one in plan.volumes), *(one.path for one in plan.temporary_folders))
    below_tmp = any(path.startswith("/tmp/") for path in paths)
    return (
        # else it is made as the parent of such a folder, 0755, and so is what the engine mounts over it
        *((directory("tmp", KIT_OWNER, mode=0o1777),) if below_tmp else ()),
        *(directory(one.path.strip("/"), KIT_OWNER, mode=0o755, uid=uid, gid=gid) for one in plan.volumes),
        *(
            directory(one.path.strip("/"), KIT_OWNER, mode=0o1777, uid=uid, gid=gid)
            for one in plan.temporary_folders
        ),
    )
