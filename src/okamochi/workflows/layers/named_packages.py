"""Which of the Debian packages that the project's files name its image gets, and why the others are left.

The files were written for another image: they name compilers, tools for building and looking, servers that
run elsewhere, libraries that the wheels bring. A package counts when the suite has it and the app can
use it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from msgspec.structs import replace

from okamochi.build.native_mentions import Mentions
from okamochi.debian.contents import Contents
from okamochi.debian.packages import Package
from okamochi.debian.relations import Relation
from okamochi.debian.resolve import Universe, missing_text
from okamochi.model.native import IN_BASE, NativeNeed
from okamochi.system.patterns import regex

__all__ = ["NamedPackages"]

# Debian's own sections (https://packages.debian.org/stable/): for building, for administration, for looking,
# and servers, which are services of their own. Of "web" are browsers as well as curl.
# fmt: off
BUILDING = frozenset({"debug", "devel", "doc", "kernel", "libdevel", "rust"})
TOOLS = BUILDING | {
    "admin", "comm", "database", "editors", "httpd", "javascript", "mail", "net", "shells", "vcs",
}
# fmt: on
# by Debian's own word on every machine with a terminal (policy 2.5)
USUAL = frozenset({"required", "important", "standard"})
OF_PYTHON = regex(r"(?:lib)?python[0-9.]*(?:-.*)?|pip|pipenv|virtualenv|gunicorn3?|uwsgi.*")
DOCKERFILE = regex(r"(?i)(?:^|/)(?:[\w.-]*\.)?(?:docker|container)file(?:\.[\w.-]+)?$")
# "convert-im7.q16" is linked as "convert" by its package
VARIANT = regex(r"([a-z][a-z0-9]{2,})-[\w.]+")


@dataclass(frozen=True)
class Judged:
    """`package` is to be added for the need; "" when its reason says why nothing is."""

    package: str
    need: NativeNeed


@dataclass
class NamedPackages:
    """`base` has what is there anyway; `taken` what was found without these files, or by them so far."""

    universe: Universe
    contents: Contents
    mentions: Mentions
    base: frozenset[str]
    taken: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)

    def judged(self, needs: tuple[NativeNeed, ...]) -> Iterator[Judged]:
        """In the order of the files, but for packages without a program: some belong to one that is named."""
        waiting = []
        for need in needs:
            package = self.found(need.names[0])
            if package is None:
                yield left(need, missing_text(self.universe, need.names[0]))
            elif package.name in self.base:
                yield left(need, IN_BASE)
            elif package.name in self.taken:
                yield Judged(package.name, need)
            elif (reason := reason_against(package)) and not is_development(package):
                yield left(need, reason)
            elif not is_development(package) and self.is_data(package):
                waiting.append((need, package))
            else:
                yield from self.of(need, package)
                self.left |= {package.name} - self.taken
        for need, package in waiting:
            whole = next((one for one in self.left if package.name.startswith(f"{one}-")), "")
            if whole and whole not in self.taken:
                yield left(need, f"is part of {whole}, which is not added")
            elif is_general(package):
                yield left(need, "nothing in the code or its packages shows that it is used")
            else:
                yield from self.kept(package.name, need, "")

    def found(self, name: str) -> Package | None:
        """The package itself, or the one that has its name by now: libglib2.0-0t64 for libglib2.0-0."""
        found = self.universe.candidates(Relation(name))
        return found[0] if found else None

    def of(self, need: NativeNeed, package: Package) -> Iterator[Judged]:
        if is_development(package):
            yield from self.of_development(need, package)
            return
        programs = self.programs(package)
        if programs:
            yield from self.of_programs(need, package, programs)
        else:
            yield from self.of_libraries(need, package, package)

    def of_development(self, need: NativeNeed, package: Package) -> Iterator[Judged]:
        """Headers are for building; the library beside them may be what is meant."""
        source = source_of(package)
        for group in package.depends():
            beside = self.found(group[0].name)
            if beside is None or source_of(beside) != source or beside.name in self.base:
                continue
            if beside.name in self.taken:
                yield Judged(beside.name, need)
                return
            found = [one for one in self.of_libraries(need, beside, package) if one.package]
            if found:
                yield from found
                return
        yield left(need, "for building; packages without a wheel get what their build asks for")

    def of_programs(self, need: NativeNeed, package: Package, programs: tuple[str, ...]) -> Iterator[Judged]:
        brought = next((one for one in programs if self.mentions.scan.brings(one)), "")
        if brought:
            yield left(need, f"a wheel brings {brought}")
            return
        place = self.named_by(programs, tool=is_tool(package))
        if place:
            yield from self.kept(package.name, need, place)
        elif is_general(package) or DOCKERFILE.search(need.path):
            telling = sorted(programs, key=lambda one: (one not in package.name, one))
            shown = ", ".join(telling[:3])
            yield left(need, f"neither the code nor a package that it imports names {shown}")
        else:  # a list of what the app needs when it runs
            yield from self.kept(package.name, need, "")

    def named_by(self, programs: tuple[str, ...], *, tool: bool) -> str:
        """Where one of the programs is named: for tools, in the app's own code, or by a package that is there
        to start it; for others, in any package that the app imports."""
        plain = tuple(found[1] for one in programs if (found := VARIANT.fullmatch(one)) is not None)
        for name in (*programs, *plain):
            if place := self.mentions.in_own_code(name):
                return place
        for name in () if tool else (*programs, *plain):
            if place := self.mentions.in_imported(name, starting=name in plain):
                return place
        place = self.mentions.in_purpose((*programs, *plain))
        return place if place or tool else self.mentions.in_native_programs(programs)

    def of_libraries(self, need: NativeNeed, package: Package, named: Package) -> Iterator[Judged]:
        sonames = self.contents.libraries_of(package.name)
        for soname in sonames:
            if self.mentions.scan.carries(soname):
                yield left(need, f"the wheels bring {soname}")
                return
        for soname in sonames:
            if place := self.mentions.of_library(soname):
                yield from self.kept(package.name, need, place)
                return
        yield left(
            need, f"no wheel links against {', '.join(sonames[:2]) or named.name} and no code opens it"
        )

    def kept(self, name: str, need: NativeNeed, place: str) -> Iterator[Judged]:
        self.taken.add(name)
        reason = f"{need.reason}, and {place} names it" if place else need.reason
        yield Judged(name, replace(need, reason=reason))

    def programs(self, package: Package) -> tuple[str, ...]:
        """Its own, else those of what it only stands for (imagemagick)."""
        everywhere = package.stanza.get("architecture") == "all" and not self.is_part(package)
        found = self.contents.programs_of(package.name, everywhere=everywhere)
        if found or section(package) in ("libs", "fonts"):
            return found
        for group in package.depends():
            beside = self.found(group[0].name)
            near = beside is not None and beside.name.startswith(f"{package.name}-")
            if beside is not None and (near or source_of(beside) == source_of(package)):
                found += self.contents.programs_of(beside.name, everywhere=False)
        return found

    def is_data(self, package: Package) -> bool:
        """Fonts, languages, plug-ins: what nothing calls by a name, and is there to be found."""
        if section(package) == "fonts":
            return True
        if section(package) in ("libs", "oldlibs"):
            return False
        return not self.programs(package) and not self.contents.libraries_of(package.name)

    def is_part(self, package: Package) -> bool:
        """tesseract-ocr-jpn, when tesseract-ocr is there."""
        return any(package.name.startswith(f"{one}-") for one in self.taken)


def reason_against(package: Package) -> str:
    """Of what no app uses, by what it is."""
    if OF_PYTHON.fullmatch(package.name) or section(package) == "python":
        return "the app has a Python of its own, which does not see Debian's packages for Python"
    if section(package) in BUILDING:
        return "for building, which the image is not for"
    return ""


def is_development(package: Package) -> bool:
    return section(package) == "libdevel" or package.name.endswith("-dev")


def is_general(package: Package) -> bool:
    """What people put on any machine."""
    return is_tool(package) or section(package) == "web"


def is_tool(package: Package) -> bool:
    return section(package) in TOOLS or package.stanza.get("priority") in USUAL


def section(package: Package) -> str:
    return package.stanza.get("section", "").rpartition("/")[2]


def source_of(package: Package) -> str:
    return package.stanza.get("source", package.name).partition(" ")[0]


def left(need: NativeNeed, why: str) -> Judged:
    return Judged("", replace(need, reason=f"{need.reason}: {why}"))
