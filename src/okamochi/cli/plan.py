"""`okamochi plan`: what would be built and why."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from okamochi.cli.options import entrypoint_option, json_text, overrides_of, path_argument, real_world
from okamochi.model.evidence import Origin

if TYPE_CHECKING:
    from okamochi.model.evidence import Decision
    from okamochi.model.plan import Plan

MOST_EVIDENCE = 3
FOOT = "okamochi plan --explain FIELD tells one decision whole; --format json is the plan."


@click.command(name="plan")
@path_argument
@entrypoint_option
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json"]),
    default="text",
    help="json: the versioned plan.",
)
@click.option(
    "--explain", metavar="FIELD", help="Why one field is what it is: processes.web.argv, python_version ..."
)
@click.option("--schema", is_flag=True, help="Print the JSON Schema of the plan and do nothing else.")
def command(
    path: Path, entrypoint: str | None, output_format: str, explain: str | None, schema: bool
) -> None:
    """What would be built from the project in PATH, and why.

    Nothing is built, resolved or fetched, and nothing of the project is executed.
    """
    from okamochi.model.codec import plan_schema, plan_to_json
    from okamochi.model.explain import explain as decisions_about

    if schema:
        click.echo(json_text(plan_schema()))
        return
    from okamochi.workflows.native_memory import as_locked
    from okamochi.workflows.plan import plan_project

    world = real_world()
    planned = plan_project(path, world, overrides_of(entrypoint=entrypoint))
    plan = as_locked(planned)
    if explain is not None:
        click.echo(explained(decisions_about(plan, explain)))
    elif output_format == "json":
        click.echo(plan_to_json(plan).decode(), nl=False)
    else:
        click.echo(as_text(plan))
        from okamochi.workflows.env_check import project_findings, tell_findings

        tell_findings(project_findings(plan, planned.root), world)


def as_text(plan: "Plan") -> str:
    """What evidence decided first, each with its places; then what nothing in the project decides."""
    from okamochi.detect.frameworks.classes import TITLES

    head = f"{plan.name}: {TITLES[plan.application.framework]}, Python {plan.python_version}"
    width = max(len(decision.field) for decision in plan.decisions)
    found = [decision for decision in plan.decisions if decision.origin is not Origin.DEFAULT]
    defaults = [decision for decision in plan.decisions if decision.origin is Origin.DEFAULT]
    lines = [click.style(head, bold=True), ""]
    for decision in found:
        lines.append(row(decision, width))
        lines += [" " * (width + 4) + click.style(line, dim=True) for line in evidence_lines(decision)]
    lines += ["", click.style("As nothing says otherwise:", bold=True), ""]
    lines += [row(decision, width) + default_reason(decision) for decision in defaults]
    lines += ["", click.style(FOOT, dim=True)]
    return "\n".join(lines)


def row(decision: "Decision", width: int) -> str:
    return f"  {click.style(decision.field.ljust(width), fg='cyan')}  {decision.summary}"


def default_reason(decision: "Decision") -> str:
    return click.style(f" ({decision.evidence[0]})", dim=True) if decision.evidence else ""


def evidence_lines(decision: "Decision", most: int = MOST_EVIDENCE) -> list[str]:
    lines = [str(evidence) for evidence in decision.evidence[:most]]
    if len(decision.evidence) > most:
        lines.append(f"and {len(decision.evidence) - most} more")
    return lines


def explained(decisions: "tuple[Decision, ...]") -> str:
    lines: list[str] = []
    for decision in decisions:
        lines.append(click.style(decision.field, fg="cyan") + f"  {decision.summary}")
        lines.append(f"  origin: {decision.origin.value}")
        lines += [f"  {line}" for line in evidence_lines(decision, most=len(decision.evidence))]
    return "\n".join(lines)
