"""What the wheels and the app's own code need beside Python, as one list: looked for once for each set of
wheels and what the code uses of them."""

import hashlib
from collections.abc import Iterable, Sequence

import msgspec

from okamochi.model.native import NativeFacts, NativeNeed, NeedKind
from okamochi.pypi.native_scan import ProgramUse, WheelScan
from okamochi.pypi.wheel_tree import WheelTree
from okamochi.system.tree_stamp import program_identity
from okamochi.system.words import word_tuple
from okamochi.system.world import World

__all__ = ["NativeScan", "native_scan"]

KIND = "native-scan"
# Of the C library and the compilers' run time, which every base has: no index is asked for them.
# fmt: off
OF_EVERY_BASE = frozenset({
    "ld-linux-aarch64.so.1", "ld-linux-x86-64.so.2", "libc.so.6", "libdl.so.2", "libgcc_s.so.1", "libm.so.6",
    "libpthread.so.0", "libresolv.so.2", "librt.so.1", "libstdc++.so.6", "libutil.so.1", "libz.so.1",
})
# fmt: on
OF_PYTHON = frozenset({"pip", "pip3", "python", "python3"})
OPENED_IN_EVERY_BASE = word_tuple("libc.so libdl.so libm.so libpthread.so librt.so libutil.so libz.so")


class NativeScan(msgspec.Struct, frozen=True, kw_only=True):
    """`libraries` and `programs` are needed; of `perhaps` the archive has to say which are worth it: programs
    that packages start, with the words of their descriptions that tell what to install. Those that are `held`
    only stand in variables: one counts when its package in Debian is called as the wheel. Those `named`
    are packages, by the project's files."""

    libraries: tuple[NativeNeed, ...] = ()
    programs: tuple[NativeNeed, ...] = ()
    held: tuple[NativeNeed, ...] = ()
    named: tuple[NativeNeed, ...] = ()
    perhaps: tuple[tuple[NativeNeed, tuple[str, ...]], ...] = ()

    @property
    def empty(self) -> bool:
        return not (self.libraries or self.programs or self.perhaps or self.held or self.named)


def native_scan(world: World, trees: Sequence[WheelTree], facts: NativeFacts) -> NativeScan:
    names = [f"{tree.wheel.sha256} {sorted(tree.left_out)}" for tree in trees]
    question = (program_identity(), sorted(names), facts)
    key = hashlib.sha256(msgspec.json.encode(question)).hexdigest()
    known = world.cache.record(KIND, key) if program_identity() else None
    if known is not None:
        return msgspec.json.decode(known, type=NativeScan)
    found = scanned(WheelScan(trees, facts.modules), facts)
    world.cache.put_record(KIND, key, msgspec.json.encode(found))
    return found


def scanned(scan: WheelScan, facts: NativeFacts) -> NativeScan:
    own = [
        need
        for need in facts.needs
        if need.kind is NeedKind.LIBRARY and not any(map(scan.carries, need.names))
    ]
    libraries = [need for need in (*scan.linked(), *scan.opened(), *own) if not is_everywhere(need)]
    programs = [
        n for n in facts.needs if n.kind is NeedKind.PROGRAM and (is_shell(n) or not scan.brings(n.names[0]))
    ]
    uses = list(scan.started())
    programs += [use.need for use in uses if use.direct and use.purpose]
    known = {need.names[0] for need in programs}
    others = [use for use in uses if use.direct and use.need.names[0] not in known | OF_PYTHON]
    perhaps = [use for use in others if not use.held]
    return NativeScan(
        libraries=first_of_each(libraries),
        programs=first_of_each(programs),
        held=first_of_each(use.need for use in others if use.held),
        named=tuple(need for need in facts.needs if need.kind is NeedKind.PACKAGE),
        perhaps=tuple(
            (need, words_for(need, perhaps)) for need in first_of_each(use.need for use in perhaps)
        ),
    )


def is_shell(need: NativeNeed) -> bool:
    return not need.wheel and need.names == ("sh",)


def is_everywhere(need: NativeNeed) -> bool:
    return any(name in OF_EVERY_BASE or name.startswith(OPENED_IN_EVERY_BASE) for name in need.names)


def first_of_each(needs: Iterable[NativeNeed]) -> tuple[NativeNeed, ...]:
    """One place for each name and wheel is enough."""
    found: dict[tuple[object, ...], NativeNeed] = {}
    for need in needs:
        found.setdefault((need.kind, need.names, need.wheel), need)
    return tuple(sorted(found.values()))


def words_for(need: NativeNeed, uses: Sequence[ProgramUse]) -> tuple[str, ...]:
    words = (use.installs for use in uses if use.need.wheel == need.wheel)
    return tuple(sorted(frozenset().union(*words)))
