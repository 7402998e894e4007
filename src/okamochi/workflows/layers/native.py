"""Debian packages for what wheels and the app's own code need: found through the archive's index of files."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from msgspec.structs import replace

from okamochi.build.native import NativeScan, native_scan
from okamochi.build.native_fonts import font_needs
from okamochi.debian.reviews import unknown_scripts
from okamochi.debian.workshop import Workshop
from okamochi.errors import PlanError
from okamochi.model.lock import LockedDeb
from okamochi.model.native import SHELL, SHELL_WARNING, NativeNeed, NativePackage, NeedKind
from okamochi.pypi.wheel_tree import WheelTree
from okamochi.system.world import World
from okamochi.workflows.locking.lock import LockMode, LockSession

__all__ = ["Finder", "complete_base"]

MOST_NEEDS = 6
MOST_TOLD = 40


@dataclass(frozen=True)
class CompleteBase:
    """The base's packages with what wheels and code need, and why each of those is there."""

    debs: tuple[LockedDeb, ...]
    snapshot: str
    native: tuple[NativePackage, ...]


def complete_base(
    session: LockSession, base: tuple[tuple[LockedDeb, ...], str], trees: Sequence[WheelTree]
) -> CompleteBase:
    """`base` is what `session.debs` said. PlanError when the lock must fit and lacks a package."""
    world = session.world
    debs, snapshot = base
    with world.reporter.step("Native libraries: looking for what wheels need"):
        scan = native_scan(world, trees, session.planned.plan.native)
        finder = Finder(session, trees)
        native = finder.packages(scan)
    names = names_of(native)
    if set(names) == set(session.old_native):
        return CompleteBase(debs, snapshot, native)
    debs, snapshot = session.debs_with(names)
    unknown = unknown_scripts(world, [deb for deb in debs if deb.name not in finder.base], snapshot)
    if unknown:
        native = finder.without(native, unknown)
        names = names_of(native)
        if set(names) == set(session.old_native):
            return CompleteBase(*base, native)
        debs, snapshot = session.debs_with(names)
    if session.mode is LockMode.LOCKED:
        raise stale(names, session.old_native)
    for one in native:
        if one.name and one.name not in session.old_native:
            tell(world, one)
    return CompleteBase(debs, snapshot, native)


def names_of(native: Sequence[NativePackage]) -> tuple[str, ...]:
    return tuple(one.name for one in native if one.name)


def tell(world: World, package: NativePackage) -> None:
    if package.name == SHELL:
        world.reporter.warn(f"{SHELL_WARNING.removeprefix('Warning: ')}: {package.needs[0].evidence}")
    else:
        world.reporter.note(f"{package.name}: {package.needs[0].evidence}")


def stale(names: Sequence[str], locked: Sequence[str]) -> PlanError:
    more, less = sorted({*names} - {*locked}), sorted({*locked} - {*names})
    told = [f"{', '.join(more)} is missing"] if more else []
    told += [f"{', '.join(less)} is no longer needed"] if less else []
    return PlanError(
        f"the Debian packages of okamochi.lock do not fit the project: {'; '.join(told)}",
        where="okamochi.lock",
        hint="run 'okamochi lock' and commit the file, or build without --locked",
    )


@dataclass
class Finder:
    """Asks the archive only when there is something to ask."""

    session: LockSession
    trees: Sequence[WheelTree] = ()
    found: dict[str, list[NativeNeed]] = field(default_factory=lambda: defaultdict(list))
    told: list[NativeNeed] = field(default_factory=list)

    @cached_property
    def workshop(self) -> Workshop:
        return Workshop(self.session.world, self.session.suite, self.session.platform)

    @cached_property
    def base(self) -> frozenset[str]:
        """Names of the packages that are there anyway."""
        session = self.session
        if session.planned.plan.base.kind == "image":
            return frozenset(one["package"] for one in session.opened_image().packages)
        if session.base_fits and not session.old_native:
            return frozenset(deb.name for deb in session.debs()[0])
        return frozenset(deb.name for deb in session.debs_with(())[0])

    def packages(self, scan: NativeScan) -> tuple[NativePackage, ...]:
        """Sorted by name; the needs that are only told come first, under no name."""
        if scan.empty:
            return ()
        for need in scan.libraries:
            self.add(self.library(need), need)
        self.add_programs(scan.programs)
        for need, words in scan.perhaps:
            self.judge(need, words)
        for need in scan.held:
            package = self.workshop.contents.package_of_program(need.names[0], everywhere=False)
            if package == need.wheel.partition(" ")[0]:
                self.add(package, need)
        asked = frozenset(need.names[0] for need in scan.named)
        for package, need in font_needs(self.session.planned.project, self.needs, asked):
            if self.workshop.universe.newest(package) is not None:
                self.add(package, need)
        named = self.named(scan.named) if scan.named else ()
        told = (*named, *self.told[:MOST_TOLD])
        left = (NativePackage(name="", needs=told),) if told else ()
        return (
            *left,
            *(
                NativePackage(name=name, needs=tuple(self.found[name][:MOST_NEEDS]))
                for name in sorted(self.found)
            ),
        )

    def add_programs(self, programs: Sequence[NativeNeed]) -> None:
        """One that the suite has not is told, unless the same wheel starts another that it has: avconv or
        ffmpeg."""
        found = [(self.workshop.contents.package_of_program(need.names[0]), need) for need in programs]
        served = {need.wheel for package, need in found if package and need.wheel}
        for package, need in found:
            if not package and need.wheel not in served:
                self.told.append(need)
            self.add(package, need)

    def without(self, native: Sequence[NativePackage], unknown: Sequence[str]) -> tuple[NativePackage, ...]:
        """Those that can be installed; the needs of the others are told, and warned of: something will fail
        when it is used."""
        told = [need for one in native if not one.name for need in one.needs]
        kept: list[NativePackage] = []
        for one in native:
            if not one.name:
                continue
            closure = {deb.name for deb in self.session.debs_with((one.name,))[0]}
            bad = sorted(closure & set(unknown))
            if not bad:
                kept.append(one)
                continue
            weak = all(need.kind is NeedKind.PACKAGE for need in one.needs)
            say = self.session.world.reporter.note if weak else self.session.world.reporter.warn
            say(
                f"{one.name} is needed ({one.needs[0].evidence}) and left out: {', '.join(bad)} has a script "
                "for its installation that okamochi does not know how to replace"
            )
            why = f"{', '.join(bad)} has a script for its installation that okamochi does not know"
            told += [replace(need, reason=f"{need.reason}: {why}") for need in one.needs]
        left = (NativePackage(name="", needs=tuple(told)),) if told else ()
        return (*left, *kept)

    def named(self, needs: tuple[NativeNeed, ...]) -> tuple[NativeNeed, ...]:
        """Adds what the project's files name and the app can use; those that are left, with why."""
        from okamochi.build.native_mentions import Mentions
        from okamochi.pypi.native_scan import WheelScan
        from okamochi.workflows.layers.named_packages import NamedPackages

        plan, project = self.session.planned.plan, self.session.planned.project
        if plan.base.kind == "image" and self.session.opened_image().suite is None:
            lacking = (need for need in needs if need.names[0] not in self.base)
            why = "the base image is of a system from which okamochi adds no packages"
            return tuple(replace(need, reason=f"{need.reason}: {why}") for need in lacking)
        judge = NamedPackages(
            universe=self.workshop.universe,
            contents=self.workshop.contents,
            mentions=Mentions(project, WheelScan(self.trees, plan.native.modules)),
            base=self.base,
            taken=set(self.found),
        )
        left = []
        for one in judge.judged(needs):
            if one.package:
                self.add(one.package, one.need)
            else:
                left.append(one.need)
        return tuple(left)

    @property
    def needs(self) -> tuple[NativeNeed, ...]:
        return tuple(need for needs in self.found.values() for need in needs)

    def add(self, package: str, need: NativeNeed) -> None:
        if package and package not in self.base:
            self.found[package].append(need)

    def library(self, need: NativeNeed) -> str:
        """Of the first of its names that the suite has; "" for what only other systems have."""
        contents = self.workshop.contents
        for name in need.names:
            package = (
                contents.library_beginning(name.removesuffix("*"))[1]
                if name.endswith("*")
                else contents.package_of_library(name)
            )
            if package:
                return package
        return ""

    def judge(self, need: NativeNeed, words: Sequence[str]) -> None:
        """A program that a package starts is added when its authors say that it is to be installed; what else
        there is in Debian is told."""
        package = self.workshop.contents.package_of_program(need.names[0], everywhere=False)
        if not package or package in self.base:
            return
        if {need.names[0], package} & set(words) or any(is_part(package, word) for word in words):
            self.add(package, need)
        elif package not in self.found:
            self.told.append(need)


def is_part(package: str, word: str) -> bool:
    """ "tesseract-ocr" is told by "tesseract-ocr-eng"."""
    return len(package) > 4 and re.match(re.escape(package) + r"-", word) is not None
