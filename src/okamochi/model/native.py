"""What code needs beside Python and its packages: shared libraries, programs, fonts; and who says so."""

from enum import StrEnum

import msgspec

from okamochi.model.evidence import Decision, Evidence, Origin
from okamochi.system.words import some_of

__all__ = [
    "IN_BASE",
    "NAMES",
    "SHELL",
    "SHELL_WARNING",
    "NativeFacts",
    "NativeNeed",
    "NativePackage",
    "NeedKind",
    "native_decisions",
]

SHELL_WARNING = "Warning: a shell is in the image, because the app's own code runs shell lines"
SHELL = "dash"
NAMES = "names the package "
IN_BASE = "the base has it anyway"
"""How the reason of a need begins that rests on a file of the project alone."""


class NeedKind(StrEnum):
    """LIBRARY: by its soname, or how it begins. PROGRAM: by its name on PATH. FONT: for a language.
    PACKAGE: by its name in Debian, as the project's own files have it."""

    LIBRARY = "library"
    PROGRAM = "program"
    FONT = "font"
    PACKAGE = "package"


class NativeNeed(msgspec.Struct, frozen=True, kw_only=True, order=True, omit_defaults=True):
    """`names` are alternatives, the first that there is counts; one that ends in "*" is how a soname begins.
    `wheel` is the distribution whose file `path` says so, "" for the project's own; `reason` is what it does:
    "links against libpq.so.5"."""

    kind: NeedKind
    names: tuple[str, ...]
    path: str
    line: int = 0
    wheel: str = ""
    reason: str

    @property
    def evidence(self) -> Evidence:
        found = Evidence(path=self.path, line=self.line, reason=self.reason)
        return (
            Evidence(path="", reason=f"{self.wheel} ({found.place}) {self.reason}") if self.wheel else found
        )


class NativeFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the project's own code tells. `modules` are those of packages that it imports or names, dotted,
    sorted; `needs` are its own."""

    modules: tuple[str, ...] = ()
    needs: tuple[NativeNeed, ...] = ()


class NativePackage(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A Debian package of the base and what it is there for; "" for needs that are told, not met."""

    name: str
    needs: tuple[NativeNeed, ...]


def native_decisions(packages: tuple[NativePackage, ...]) -> tuple[Decision, ...]:
    """What is shown of them: a line for each package, one for all that is not met, one for what the project's
    files name in vain."""
    left = [need for one in packages if not one.name for need in one.needs]
    named = tuple(need for need in left if need.kind is NeedKind.PACKAGE)
    called = tuple(need for need in left if need.kind is not NeedKind.PACKAGE)
    return (
        *((left_out(called),) if called else ()),
        *((named_in_vain(named),) if named else ()),
        *(added(one) for one in packages if one.name),
    )


def added(package: NativePackage) -> Decision:
    summary = f"the Debian package {package.name} is added"
    if package.name == SHELL:
        summary = f"{summary}. {SHELL_WARNING}"
    return Decision.detected(
        f"base.packages.{package.name}", summary, tuple(need.evidence for need in package.needs)
    )


def named_in_vain(needs: tuple[NativeNeed, ...]) -> Decision:
    files = ", ".join(dict.fromkeys(need.path for need in needs))
    names = ", ".join(need.names[0] for need in needs)
    return Decision.detected(
        "base.packages",
        f"{files} names Debian packages that are not added: {names} (setting: packages)",
        tuple(need.evidence for need in needs),
    )


def left_out(needs: tuple[NativeNeed, ...]) -> Decision:
    names = sorted({need.names[0] for need in needs})
    shown = some_of(names, 8)
    return Decision(
        field="base.programs",
        summary=f"not added, since only some uses of packages call them: {shown} (setting: packages)",
        origin=Origin.DEFAULT,
        evidence=tuple(need.evidence for need in needs),
    )
