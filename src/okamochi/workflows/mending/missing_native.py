"""A library, program or time zone that the image turned out to lack, by the error of the app's own start."""

import re

from okamochi.debian.workshop import Workshop
from okamochi.errors import RegistryError
from okamochi.model.correction import Correction, CorrectionKind, is_sound
from okamochi.model.suites import Suite, suite_named
from okamochi.oci.platform import Platform
from okamochi.run.time_zones import MISSING_ZONE
from okamochi.system.world import World
from okamochi.workflows.locking.lock import LockMode, LockSession
from okamochi.workflows.plan import PlannedProject

__all__ = ["missing_native"]

LIBRARY = re.compile(r"\b(lib[\w.+-]+\.so(?:\.[0-9][\w.]*)?): cannot open shared object file")
PROGRAM = re.compile(r"FileNotFoundError: \[Errno 2\] No such file or directory: '([A-Za-z][\w.+-]*)'")
ZONE = re.compile(MISSING_ZONE)
# A name with such an end is more likely a file that is missing in the working directory.
FILE = re.compile(r".*\.(?:\w{1,5})")
SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh"})


def missing_native(world: World, planned: PlannedProject, platform: Platform, text: str) -> Correction | None:
    """One more Debian package; None when the text tells of nothing that is missing, or no package has it."""
    libraries, programs = LIBRARY.findall(text), PROGRAM.findall(text)
    programs = [name for name in programs if name not in SHELLS and FILE.fullmatch(name) is None]
    zones = ZONE.findall(text)
    if not (libraries or programs or zones):
        return None
    suite = suite_of(world, planned, platform)
    if suite is None:
        return None
    tried = {one.value for one in planned.corrections if one.kind is CorrectionKind.PACKAGE}
    found = [(name, suite.old_zones, "asks for the time zone") for name in zones]
    if libraries or programs:
        contents = Workshop(world, suite, platform).contents
        try:
            found += [(name, contents.package_of_library(name), "opens") for name in libraries]
            found += [(name, contents.package_of_program(name), "starts") for name in programs]
        except RegistryError:
            return None
    for name, package, does in found:
        correction = Correction(
            kind=CorrectionKind.PACKAGE, value=package, reason=f"its start {does} {name}, which is missing"
        )
        if package and package not in tried and is_sound(correction):
            return correction
    return None


def suite_of(world: World, planned: PlannedProject, platform: Platform) -> Suite | None:
    """Where more packages would come from; None for a base image of which nothing is known."""
    if planned.plan.base.kind == "debian":
        return suite_named(planned.plan.base.suite)
    return LockSession.open(world, planned, platform, LockMode.KEEP).opened_image().suite
