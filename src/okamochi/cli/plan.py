"""`okamochi plan`: what would be built and why."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from okamochi.cli.layout import columns, folded, wants_a_line
from okamochi.cli.options import entrypoint_option, json_text, overrides_of, path_argument
from okamochi.cli.world import real_world
from okamochi.model.evidence import Origin

if TYPE_CHECKING:
    from okamochi.model.evidence import Decision
    from okamochi.model.plan import Plan

MOST_EVIDENCE = 3
BELOW = 6
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
    from okamochi.workflows.layers.native_memory import as_locked
    from okamochi.workflows.plan import plan_project

    world = real_world()
    planned = plan_project(path, world, dict(overrides_of(entrypoint=entrypoint)))
    plan = as_locked(planned)
    if explain is not None:
        click.echo(explained(decisions_about(plan, explain)))
    elif output_format == "json":
        click.echo(plan_to_json(plan).decode(), nl=False)
    else:
        click.echo(as_text(plan, columns()))
        from okamochi.workflows.starting.env_check import project_findings, tell_findings

        tell_findings(project_findings(plan, planned.root), world)


def as_text(plan: "Plan", terminal: int = 0) -> str:
    """What evidence decided first, each with its places; then what nothing in the project decides. On a
    `terminal` of few columns the texts stand below their fields."""
    from okamochi.detect.frameworks.classes import title_of

    title = title_of(plan.application.framework, plan.application.interface)
    head = f"{plan.name}: {title}, Python {plan.python_version}"
    width = max(len(decision.field) for decision in plan.decisions)
    if wants_a_line(width, terminal):
        width = 0
    indent = width + 4 if width else BELOW
    found = [decision for decision in plan.decisions if decision.origin is not Origin.DEFAULT]
    defaults = [decision for decision in plan.decisions if decision.origin is Origin.DEFAULT]
    lines = [click.style(head, bold=True), ""]
    for decision in found:
        lines.append(row(decision, width, terminal))
        lines += [
            " " * indent + click.style(folded(line, indent, terminal), dim=True)
            for line in evidence_lines(decision)
        ]
    lines += ["", click.style("As nothing says otherwise:", bold=True), ""]
    lines += [row(decision, width, terminal, default_reason(decision)) for decision in defaults]
    lines += ["", click.style(folded(FOOT, 0, terminal), dim=True)]
    return "\n".join(lines)


def row(decision: "Decision", width: int, terminal: int, reason: str = "") -> str:
    """`width` is that of the fields, 0 where the text stands below its field; `reason` is dim."""
    field = click.style(decision.field.ljust(width), fg="cyan")
    indent = width + 4 if width else BELOW
    text = folded(f"{decision.summary}{reason}", indent, terminal)
    if reason and len(text) == len(decision.summary) + len(reason):
        text = decision.summary + click.style(reason, dim=True)
    return f"  {field}  {text}" if width else f"  {field}\n{' ' * indent}{text}"


def default_reason(decision: "Decision") -> str:
    return f" ({decision.evidence[0]})" if decision.evidence else ""


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
