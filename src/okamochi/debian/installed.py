"""What has to be laid upon a system that has packages already, as apt would choose it."""

from collections import deque
from collections.abc import Collection, Iterator, Sequence

from okamochi.debian.control import Stanza
from okamochi.debian.cuts import CUT_PACKAGES, is_cut
from okamochi.debian.packages import Package
from okamochi.debian.resolve import Chosen, Universe, first_candidate, missing, missing_text
from okamochi.debian.version import DebianVersion

__all__ = ["added_closure", "closure", "installed_packages"]


def installed_packages(stanzas: Sequence[Stanza]) -> tuple[Package, ...]:
    """Those of a dpkg status file that are installed."""
    return tuple(
        Package(one["package"], DebianVersion(one["version"]), "", one)
        for one in stanzas
        if one.get("status", "").endswith(" installed") and {"package", "version"} <= one.keys()
    )


def closure(universe: Universe, wanted: Collection[str]) -> tuple[Package, ...]:
    """Wanted packages and what they need (Pre-Depends, Depends), sorted by name, upon nothing."""
    return added_closure(universe, (), wanted)


def added_closure(
    universe: Universe, installed: Sequence[Package], wanted: Collection[str]
) -> tuple[Package, ...]:
    """The packages of the suite that are wanted or needed and not there, sorted by name.

    The first alternative that can be had is taken, unless a later one is there already; relations whose first
    alternative is on the cut list are left out.
    What is there stays, unless something new asks for a newer version: then it is among them, and so is
    what cannot do with its newer version. PlanError lists all that is missing, with near names."""
    adding = Adding(universe, installed)
    for name in sorted(set(wanted)):
        adding.want(name)
    adding.follow()
    while broken := adding.broken():
        for package in broken:
            adding.renew(package)
        adding.follow()
    if adding.problems:
        raise missing(adding.problems, universe)
    return tuple(adding.added[name] for name in sorted(adding.added))


class Adding:
    """The state of one resolution. `added` are the suite's packages chosen so far."""

    def __init__(self, universe: Universe, installed: Sequence[Package]) -> None:
        self.universe = universe
        self.cuts = dict(CUT_PACKAGES)
        self.chosen = Chosen()
        self.added: dict[str, Package] = {}
        self.problems: list[str] = []
        self.queue: deque[Package] = deque()
        for package in installed:
            self.chosen.add(package)
        # what an image lacks from the start, it was made without
        self.sound = {package.name: package for package in installed if self.is_sound(package)}

    def want(self, name: str) -> None:
        if self.chosen.has(name):
            return
        package = self.universe.newest(name)
        if package is None:
            self.problems.append(missing_text(self.universe, name))
        else:
            self.take(package)

    def take(self, package: Package) -> None:
        self.chosen.replace(package)
        self.added[package.name] = package
        self.sound.pop(package.name, None)
        self.queue.append(package)

    def follow(self) -> None:
        while self.queue:
            package = self.queue.popleft()
            for group in package.depends():
                if self.chosen.satisfies(group) or is_cut(package.name, group[0].name, self.cuts):
                    continue
                found = first_candidate(self.universe, group, self.cuts, package.name)
                if found is None:
                    needed = " | ".join(map(str, group))
                    self.problems.append(
                        f"{package.name} needs {needed}, which {self.universe.suite} has not"
                    )
                    continue
                self.take(found)

    def is_sound(self, package: Package) -> bool:
        return all(self.chosen.satisfies(group) for group in package.depends())

    def broken(self) -> tuple[Package, ...]:
        """Of the packages that were there, those whose needs are met no more."""
        return tuple(self._broken()) if self.added else ()

    def _broken(self) -> Iterator[Package]:
        for package in tuple(self.sound.values()):
            if not self.is_sound(package):
                yield package

    def renew(self, package: Package) -> None:
        newest = self.universe.newest(package.name)
        self.sound.pop(package.name)
        if newest is None or newest.version <= package.version:
            self.problems.append(
                f"{package.name} {package.version.text} of the image does not go with newer packages of "
                f"{self.universe.suite}"
            )
        else:
            self.take(newest)
