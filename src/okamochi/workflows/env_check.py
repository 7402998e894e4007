"""Environment files against the plan: what is wrong with them is told before anything starts."""

from collections.abc import Iterable
from pathlib import Path

from okamochi.detect.compose_cycles import compose_cycles
from okamochi.detect.compose_variables import compose_variables
from okamochi.detect.env_lint import lint_env_file
from okamochi.errors import OkamochiError, UsageError
from okamochi.model.finding import Finding, Severity
from okamochi.model.plan import Plan
from okamochi.system.patterns import regex
from okamochi.system.project_files import DiskProject
from okamochi.system.world import World
from okamochi.workflows.env_values import Reading

__all__ = ["judged", "project_findings", "tell_findings"]

MOST_NOTES = 8
LIMIT_BYTES = 1_000_000
# there to be copied and filled in: what they hold is no value yet
SAMPLE = regex(r"(?:^|[._-])(?:example|sample|template|dist|tpl)(?:$|[._-])")
OF_VALUES = frozenset({"env/placeholder", "env/blank", "env/loopback"})


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
    evidence = finding.evidence[0]
    return f"{evidence.path}:{evidence.line}" if evidence.line else evidence.path


def tell_findings(findings: Iterable[Finding], world: World) -> None:
    """Warnings and errors all, notes as many as can be read."""
    notes = 0
    for one in findings:
        if one.severity is Severity.NOTE:
            notes += 1
            if notes <= MOST_NOTES:
                world.reporter.note(f"{place(one)}: {one.message} ({one.hint})")
        else:
            world.reporter.warn(f"{place(one)}: {one.message} ({one.hint})")
    if notes > MOST_NOTES:
        world.reporter.note(f"and {notes - MOST_NOTES} more like this")


def project_findings(plan: Plan, root: Path) -> tuple[Finding, ...]:
    """Of every environment file at the project's root, and of what its compose file makes of them."""
    project = DiskProject(root)
    composed = compose_variables(project)
    found: list[Finding] = []
    for path in env_files(root):
        try:
            text = path.read_text("utf-8-sig")
            linted = lint_env_file(
                plan, text, where=path.name, composed=composed.given, referred=composed.referred
            )
            filled = SAMPLE.search(path.name) is None
            found += [one for one in linted if filled or one.rule not in OF_VALUES]
        except (OSError, UnicodeDecodeError, OkamochiError):
            continue  # whoever uses it is told
    return (*found, *composed.findings, *compose_cycles(project))


def env_files(root: Path) -> tuple[Path, ...]:
    names = {*root.glob(".env"), *root.glob(".env.*"), *root.glob("*.env")}
    return tuple(path for path in sorted(names) if path.is_file() and path.stat().st_size < LIMIT_BYTES)
