"""From wanted package names to the closure of packages of a suite."""

from collections import defaultdict
from collections.abc import Mapping

import msgspec

from okamochi.debian.cuts import is_cut
from okamochi.debian.packages import Package, PackageIndex
from okamochi.debian.relations import Relation, parse_relations
from okamochi.errors import PlanError
from okamochi.system.patterns import regex

__all__ = ["Chosen", "Universe", "first_candidate", "missing", "missing_text"]


MOST_NEAR = 5
SHORTEST = 4
VERSION = regex(r"(?:-?\d+(?:\.\d+)*(?:t64)?)+(?=$|-(?:dev|data|bin|tools|common)$)")
"""At the end of a library's name, or before what it is: libssl1.1, libpng16-16t64, libboost1.83-dev."""


def without_version(name: str) -> str:
    return VERSION.sub("", name)


def is_a_slip(one: str, other: str) -> bool:
    """A letter that is another one, is missing or too many, or two that changed places."""
    short, long = sorted((one, other), key=len)
    same = next((at for at, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    left, right = short[same:], long[same:]
    swapped = left[:2] == right[1::-1] and left[2:] == right[2:]
    return swapped or left[1:] == right[1:] or left == right[1:]


class Universe(msgspec.Struct, frozen=True):
    """All indexes that count together; the newest version of a name wins, whatever index has it."""

    indexes: tuple[PackageIndex, ...]
    suite: str

    def newest(self, name: str) -> Package | None:
        found = [package for index in self.indexes for package in index.versions(name)]
        return max(found, key=lambda package: package.version, default=None)

    def providers(self, virtual: str) -> tuple[Package, ...]:
        names = sorted({name for index in self.indexes for name in index.providers(virtual)})
        found = (self.newest(name) for name in names)
        return tuple(package for package in found if package is not None)

    def candidates(self, relation: Relation) -> tuple[Package, ...]:
        """What satisfies the relation: the package of that name first, then providers by name."""
        real = self.newest(relation.name)
        all_found = ((real,) if real is not None else ()) + self.providers(relation.name)
        return tuple(package for package in all_found if package.provides(relation))

    def near(self, name: str) -> tuple[str, ...]:
        """Names that somebody may have meant: of another version (libicu74: libicu76), longer or shorter by
        whole parts (pandoc-data, chromium-browser), or with a slip; none where nothing is like it."""
        names = {known for index in self.indexes for known in index.all_names()}
        stem = without_version(name)
        versions = [known for known in names if stem and without_version(known) == stem]
        slips = [known for known in names if abs(len(known) - len(name)) < 2 and is_a_slip(known, name)]
        parts = [known for known in names if is_begun_by(known, name) or is_begun_by(name, known)]
        ranked = (
            *sorted(slips),
            *sorted(versions, reverse=True),
            *sorted(parts, key=lambda one: (len(one), one)),
        )
        return tuple(dict.fromkeys(ranked))[:MOST_NEAR]


def is_begun_by(longer: str, shorter: str) -> bool:
    return len(shorter) >= SHORTEST and longer.startswith(f"{shorter}-")


class Chosen:
    """The packages chosen so far, findable by all names that they offer."""

    def __init__(self) -> None:
        self._by_name: dict[str, Package] = {}
        self._by_offer: dict[str, list[Package]] = defaultdict(list)

    def add(self, package: Package) -> None:
        self._by_name[package.name] = package
        virtual = parse_relations(package.stanza.get("provides", ""))
        for name in {package.name, *(one.name for group in virtual for one in group)}:
            self._by_offer[name].append(package)

    def has(self, name: str) -> bool:
        return name in self._by_name

    def replace(self, package: Package) -> None:
        """In the place of what had its name, if anything."""
        before = self._by_name.pop(package.name, None)
        if before is not None:
            for offered in self._by_offer.values():
                if before in offered:
                    offered.remove(before)
        self.add(package)

    def satisfies(self, group: tuple[Relation, ...]) -> bool:
        return any(package.provides(one) for one in group for package in self._by_offer.get(one.name, ()))


def first_candidate(
    universe: Universe, group: tuple[Relation, ...], cut: Mapping[str, str], asker: str
) -> Package | None:
    candidates = (package for one in group for package in universe.candidates(one))
    return next((package for package in candidates if not is_cut(asker, package.name, cut)), None)


def missing_text(universe: Universe, name: str) -> str:
    near = universe.near(name)
    return f"{universe.suite} has no package {name}" + (f"; near: {', '.join(near)}" if near else "")


def missing(problems: list[str], universe: Universe) -> PlanError:
    return PlanError(
        problems[0] if len(problems) == 1 else f"{len(problems)} packages cannot be had",
        where="tool.okamochi.packages",
        hint=f"name packages as Debian {universe.suite} calls them",
        details=tuple(problems) if len(problems) > 1 else (),
    )
