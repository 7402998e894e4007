"""`okamochi render`: plain files."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

from okamochi.cli.layout import columns, folded, wants_a_line
from okamochi.cli.options import format_option, json_text
from okamochi.cli.world import app_folder, real_world
from okamochi.system.clock import utc_now
from okamochi.system.words import counted, some_of

if TYPE_CHECKING:
    from okamochi.detect.adoption.rows import Row
    from okamochi.model.finding import Finding
    from okamochi.system.world import World
    from okamochi.workflows.adopt import Fault
    from okamochi.workflows.prove_dockerfile import Proof

MOST_SHOWN = 8


def targets(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """For the shell's completion."""
    from okamochi.render.renderers import RENDERERS

    return [name for name in (*(one.target for one in RENDERERS), "all") if name.startswith(begun)]


@click.command(name="render")
@click.argument("target", required=False, shell_complete=targets)
@click.argument("path", default=".", type=click.Path(path_type=Path), metavar="[PATH]")
@click.option(
    "--adopt",
    is_flag=True,
    help="Show the project's own Dockerfile and compose file beside the plan, and what is wrong with them; "
    "take over what is sound.",
)
@click.option("--output", type=click.Path(path_type=Path), help="Folder to write into; default: PATH.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 with a diff when files drifted.")
@click.option("--force", is_flag=True, help="Replace files that were not written by okamochi or were edited.")
@click.option(
    "--lang", type=click.Choice(["en", "ja"]), help="Language of the comments; default: the last one."
)
@click.option(
    "--base",
    type=click.Choice(["python", "debian"]),
    help="What the Dockerfile begins from: python:X.Y-slim, or Debian's own packages; default: the last one.",
)
@click.option("--prove", is_flag=True, help="Build the Dockerfile and compare it with okamochi's own image.")
@click.option(
    "--builder", type=click.Choice(["docker", "buildah"]), help="What --prove builds with; default: any."
)
@format_option
def command(
    target: str | None,
    path: Path,
    adopt: bool,
    output: Path | None,
    check: bool,
    force: bool,
    lang: str | None,
    base: str | None,
    prove: bool,
    builder: str | None,
    output_format: str,
) -> None:
    """Write plain files that mean what the image means.

    TARGET is dockerfile, compose, env-sample, devcontainer, kubernetes, swarm, ecs, github-actions,
    gitlab-ci, or all. Edits by hand are kept when the files are rendered again. With --adopt there is no
    TARGET: okamochi render --adopt PATH.
    """
    from okamochi.errors import UsageError
    from okamochi.render.rendering import Language
    from okamochi.workflows.render import render
    from okamochi.workflows.rendered.session import RenderRequest

    if adopt:
        # without a target, the one argument is the folder
        tell_adoption(app_folder(Path(target) if target else path), check=check, output_format=output_format)
        return
    if target is None:
        raise UsageError("what is to be written?", where="TARGET", hint="okamochi render dockerfile, or all")
    path = app_folder(path)
    if prove and (output is not None or target not in ("dockerfile", "all")):
        raise UsageError(
            "--prove builds the Dockerfile that lies in the project",
            where="--prove",
            hint="okamochi render dockerfile --prove, without --output",
        )
    world = real_world()
    request = RenderRequest(
        path=path,
        target=target,
        output=output,
        check=check,
        force=force,
        language=Language(lang) if lang else None,
        base=base,
    )
    done = render(request, world)
    tell_findings(done.findings, world)
    for name in done.edits:
        world.reporter.note(f"{name}: edited by hand, the edits are kept")
    for name in done.removed:
        world.reporter.note(f"{name}: removed, nothing starts it any more")
    proof = proved(path, world, builder or "") if prove else None
    if output_format == "json":
        paths = {"written": done.written, "same": done.same, "edits": done.edits, "removed": done.removed}
        answer = {**paths, "proof": proof}
        click.echo(json_text(answer))
    else:
        for name in done.written:
            click.echo(name)
        if not done.written and not done.removed:
            click.echo("all is as the plan has it" if check else "nothing changed", err=True)
        if proof is not None:
            tell(proof)
    if proof is not None and not proof.equal:
        raise SystemExit(1)


def tell_findings(findings: "tuple[tuple[str, tuple[Finding, ...]], ...]", world: "World") -> None:
    """What the files cannot say, or leave to people: below its target where there are several."""
    from okamochi.model.finding import Severity
    from okamochi.workflows.starting.env_check import place

    headed = len(findings) > 1
    for target, found in findings:
        if headed and target:
            world.reporter.note(f"{target}:")
        for one in found:
            where = f"{place(one)}: " if one.evidence else ""
            indent = "  " if headed and target else ""
            # nothing failed: the files are written, whatever they or the values beside them will do
            severity = Severity.WARNING if one.severity is Severity.ERROR else one.severity
            world.reporter.note(f"{indent}{severity}: {where}{one.message} ({one.hint})")


def proved(path: Path, world: "World", builder: str) -> "Proof":
    from okamochi.workflows.prove_dockerfile import prove_dockerfile

    return prove_dockerfile(path, world, builder)


def tell(proof: "Proof") -> None:
    from okamochi.workflows.prove_dockerfile import REASONS

    answer = "equal" if proof.equal else f"not equal: {counted(len(proof.different), 'difference')}"
    click.echo(f"{answer}; {proof.paths} paths and the configuration compared, built by {proof.builder}")
    for difference in proof.different:
        click.echo(f"  {difference}")
    for reason, why in REASONS.items():
        covered = [one.what for one in proof.allowed if one.reason == reason]
        if covered:
            click.echo(f"allowed, {why}: {some_of(covered, MOST_SHOWN)}")


def tell_adoption(folder: Path, *, check: bool, output_format: str) -> None:
    """Rows as a table, what is wrong, then the settings; --check writes nothing."""
    from okamochi.workflows.adopt import adopt

    world = real_world()
    today = utc_now().date()
    adopted = adopt(folder, world, today=today, write=not check)
    if output_format == "json":
        rows = [{**dataclasses.asdict(row), "setting": None} for row in adopted.rows]
        faults = [dataclasses.asdict(one) for one in adopted.faults]
        answer = {
            "rows": rows,
            "findings": faults,
            "settings": adopted.settings,
            "written": adopted.path,
            "lost": adopted.lost,
        }
        click.echo(json_text(answer))
        return
    tell_rows(adopted.rows)
    tell_faults(adopted.faults)
    if adopted.settings:
        by_hand = "for okamochi.toml, not written now" if check else "to be added to the settings by hand"
        where = f"written to {adopted.path}" if adopted.path else by_hand
        click.echo(f"\n{where}:\n{adopted.settings}", nl=False)
    if adopted.lost:
        click.echo("\nthe plan has these from the files alone, and no setting says them:")
    for one in adopted.lost:
        click.echo(f"  {one}")
    click.echo(
        "okamochi up needs none of these files; okamochi render all --force writes the plan's own in their "
        "place",
        err=True,
    )


def tell_rows(rows: "tuple[Row, ...]") -> None:
    width = max((len(row.place) for row in rows), default=0)
    topics = max((len(row.topic) for row in rows), default=0)
    told, terminal = "", columns()
    indent = width + topics + 12
    narrow = wants_a_line(indent, terminal)
    indent = 8 if narrow else indent
    for row in rows:
        ours = row.plan if row.setting is None else f"{said(row.setting)} (now: {row.plan})"
        head = f"{row.verdict:6}  {row.place:{width}}  {row.topic:{topics}}"
        text = folded(f"{row.theirs}  ->  {ours}", indent, terminal)
        click.echo(f"{head.rstrip()}\n{' ' * indent}{text}" if narrow else f"{head}  {text}")
        if row.why and row.why != told:
            click.echo(f"{' ' * indent}{folded(row.why, indent, terminal)}")
        told = row.why


def said(setting: tuple[str, object]) -> str:
    """A setting as it is taken over, for people."""
    key, value = setting
    return f"{key} {'='.join(map(str, value)) if isinstance(value, tuple) else value}"


def tell_faults(faults: "tuple[Fault, ...]") -> None:
    """What okamochi check says of these files, and what okamochi does instead."""
    if faults:
        click.echo("\nwhat okamochi check finds in these files, and what okamochi does instead:")
    for one in faults:
        click.echo(f"{one.place}  {one.severity}  {one.rule}")
        click.echo(f"       {folded(one.message, 7, columns())}")
        click.echo(f"       -> {folded(one.instead or one.hint, 10, columns())}")
