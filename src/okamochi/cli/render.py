"""`okamochi render`: plain files."""

from pathlib import Path

import click

from okamochi.cli.options import format_option, path_argument, real_world


@click.command(name="render")
@click.argument("target")
@path_argument
@click.option("--output", type=click.Path(path_type=Path), help="Folder to write into; default: PATH.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 with a diff when files drifted.")
@click.option("--force", is_flag=True, help="Replace files that were not written by okamochi or were edited.")
@click.option("--lang", type=click.Choice(["en", "ja"]), default="en", help="Language of the comments.")
@format_option
def command(
    target: str, path: Path, output: Path | None, check: bool, force: bool, lang: str, output_format: str
) -> None:
    """Write plain files that mean what the image means.

    TARGET is dockerfile, compose, env-sample, devcontainer, github-actions, gitlab-ci, or all. Files that
    were edited by hand are never overwritten silently.
    """
    from okamochi.render.rendering import Language
    from okamochi.workflows.render import RenderRequest, render

    world = real_world()
    request = RenderRequest(
        path=path, target=target, output=output, check=check, force=force, language=Language(lang)
    )
    done = render(request, world)
    for finding in done.findings:
        world.reporter.note(f"{finding.severity}: {finding.message} ({finding.hint})")
    if output_format == "json":
        import msgspec

        click.echo(msgspec.json.encode({"written": done.written, "same": done.same}).decode())
        return
    for name in done.written:
        click.echo(name)
    if not done.written:
        click.echo("nothing changed", err=True)
