"""Environment files against the plan: what is wrong with them is told before anything starts."""

from collections.abc import Iterable
from pathlib import Path

from okamochi.detect.variables.env_findings import env_findings
from okamochi.detect.variables.env_lint import lint_env_file
from okamochi.errors import UsageError
from okamochi.model.finding import Finding, Severity
from okamochi.model.plan import Plan
from okamochi.system.project_files import DiskProject
from okamochi.system.world import World
from okamochi.workflows.starting.env_values import Reading

__all__ = ["judged", "place", "project_findings", "tell_findings"]

MOST_NOTES = 8


def judged(plan: Plan, text: str, where: str, world: World, reading: Reading) -> frozenset[str]:
    """Names whose values are left out. UsageError that names each line that cannot be meant."""
    found = [one for one in lint_env_file(plan, text, where=where) if one.rule != "env/repeated"]
    if reading.on_this_machine:
        found = [one for one in found if one.rule != "env/loopback"]
    errors = [one for one in found if one.severity is Severity.ERROR]
    tell_findings([one for one in found if one.severity is not Severity.ERROR], world)
    if not errors:
        return frozenset()
    if not reading.at_the_desk:
        raise refused(errors)
    for one in errors:
        world.reporter.warn(f"{place(one)}: {one.message}; it is left out")
    return frozenset(one.field.removeprefix("environment.") for one in errors)


def refused(errors: list[Finding]) -> UsageError:
    first = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return UsageError(
        f"{first.message}{more}",
        where=place(first),
        hint=first.hint,
        details=tuple(f"{place(one)}: {one.message}: {one.hint}" for one in errors[1:]),
    )


def place(finding: Finding) -> str:
    return finding.evidence[0].place


def tell_findings(findings: Iterable[Finding], world: World) -> None:
    """Warnings and errors all, then notes, as many as can be read; what holds in several files once, in the
    order of their lines."""
    places: dict[tuple[bool, str], list[str]] = {}
    for one in sorted(findings, key=lambda one: (one.evidence[0].path, one.evidence[0].line or 0)):
        said = one.severity is Severity.NOTE, f"{one.message} ({one.hint})"
        places.setdefault(said, []).append(place(one))
    told = [(is_note, f"{', '.join(found)}: {text}") for (is_note, text), found in places.items()]
    for text in (text for is_note, text in told if not is_note):
        world.reporter.warn(text)
    notes = [text for is_note, text in told if is_note]
    for text in notes[:MOST_NOTES]:
        world.reporter.note(f"note: {text}")
    if len(notes) > MOST_NOTES:
        world.reporter.note(f"and {len(notes) - MOST_NOTES} more notes")


def project_findings(plan: Plan, root: Path) -> tuple[Finding, ...]:
    """Of every environment file at the project's root, and of what its compose file makes of them."""
    return env_findings(plan, DiskProject(root))
