"""Whether an older version of a library has the name that the app misses: looked up before one is built with.

A name that no version has is the app's own mistake, and is told at once; else the first version that has it
is the one to build with, and none is built with before.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from okamochi.model.correction import Correction, CorrectionKind
from okamochi.model.suites import suite_named
from okamochi.oci.platform import Platform
from okamochi.run.proof.answer import Answer
from okamochi.system.world import World
from okamochi.workflows.mending.unwanted_keyword import refused_word, refusing_package

if TYPE_CHECKING:
    from okamochi.workflows.plan import PlannedProject

__all__ = ["only_where_it_helps"]


def only_where_it_helps(
    world: World,
    found: Correction,
    answer: Answer,
    planned: "PlannedProject",
    platform: Platform,
    installed: Mapping[str, str],
) -> Correction | None:
    """The correction, when it is about something else than a name that a library lacks, or where nothing can
    be looked up; the one with the version that has the name; None where none has it."""
    from okamochi.pypi.older_words import NowhereError, bound_with_word, day_has_word
    from okamochi.pypi.target import Target
    from okamochi.pypi.wanted import Wanted

    word, package = refused_word(answer), refusing_package(answer, planned, installed)
    by_day = found.kind is CorrectionKind.EXCLUDE_NEWER
    by_bound = found.kind is CorrectionKind.REQUIREMENT and found.value.startswith(f"{package}<")
    if not word or not package or not (by_day or by_bound):
        return found
    plan = planned.plan
    target = Target(plan.python_version, platform, suite_named(plan.base.suite).glibc_version)
    wanted = Wanted(root=planned.root, dependencies=plan.dependencies, target=target)
    if by_day and day_has_word(world, wanted, package, found.value, word):
        return found
    lowered = any(one.startswith(f"{package}<") for one in plan.dependencies.added)
    try:
        bound = bound_with_word(world, wanted, package, installed[package], word, lowered=lowered)
    except NowhereError:
        world.reporter.note(f"no older version of {package} has {word}, either: none is tried")
        return None
    if not bound:
        return found
    value = f"{package}<{bound}"
    if any((one.kind, one.value) == (CorrectionKind.REQUIREMENT, value) for one in planned.corrections):
        return None
    why = found.reason.partition("; the last commit")[0]
    return replace(found, kind=CorrectionKind.REQUIREMENT, value=value, reason=why)
