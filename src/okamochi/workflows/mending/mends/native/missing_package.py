"""A library, program, zone or locale that the image turned out to lack, by the error of its own start."""

import re
from typing import TYPE_CHECKING

from okamochi.debian.workshop import Workshop
from okamochi.errors import RegistryError
from okamochi.model.correction import Correction, CorrectionKind, is_sound
from okamochi.model.suites import Suite, suite_named
from okamochi.oci.platform import Platform
from okamochi.run.locales import MISSING_LOCALE
from okamochi.run.proof.answer import Outcome
from okamochi.run.time_zones import MISSING_ZONE
from okamochi.run.traces import raised_traces
from okamochi.system.world import World
from okamochi.workflows.locking.lock import LockMode, LockSession
from okamochi.workflows.mending.failed import Failed, Mended

if TYPE_CHECKING:
    from okamochi.workflows.plan import PlannedProject

LIBRARY = re.compile(r"\b(lib[\w.+-]+\.so(?:\.[0-9][\w.]*)?): cannot open shared object file")
PROGRAM = re.compile(r"FileNotFoundError: \[Errno 2\] No such file or directory: '([A-Za-z][\w.+-]*)'")
ZONE = re.compile(MISSING_ZONE)
LOCALE = re.compile(MISSING_LOCALE)
# A name with such an end is more likely a file that is missing in the working directory.
FILE = re.compile(r".*\.(?:\w{1,5})")
SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh"})


def mend(failed: Failed) -> Mended:
    """One more Debian package; another's case where nothing like it is missing, or no package has it."""
    world, platform = failed.world, failed.platform
    if world is None or platform is None or failed.outcome is Outcome.PROVED:
        return None
    answer = failed.answer
    texts = [one.text for one in raised_traces(failed.log)]
    text = "\n".join([*texts, answer.message, answer.text] if answer is not None else texts)
    libraries, programs = LIBRARY.findall(text), PROGRAM.findall(text)
    programs = [name for name in programs if name not in SHELLS and FILE.fullmatch(name) is None]
    zones, locales = ZONE.findall(text), LOCALE.findall(text)[:1]
    if not (libraries or programs or zones or locales):
        return None
    suite = suite_of(world, failed.planned, platform)
    if suite is None:
        return None
    found = [(name, suite.old_zones, "asks for the time zone") for name in zones]
    found += [("a locale", "locales-all", "sets") for _ in locales]
    if libraries or programs:
        contents = Workshop(world, suite, platform).contents
        try:
            found += [(name, contents.package_of_library(name), "opens") for name in libraries]
            found += [(name, contents.package_of_program(name), "starts") for name in programs]
        except RegistryError:
            return None
    corrections = (
        Correction.of(CorrectionKind.PACKAGE, package, f"its start {does} {name}, which is missing")
        for name, package, does in found
        if package
    )
    return tuple(one for one in corrections if is_sound(one) and one.key not in failed.tried) or None


def suite_of(world: World, planned: "PlannedProject", platform: Platform) -> Suite | None:
    """Where more packages would come from; None for a base image of which nothing is known."""
    if planned.plan.base.kind == "debian":
        return suite_named(planned.plan.base.suite)
    return LockSession.open(world, planned, platform, LockMode.KEEP).opened_image().suite
