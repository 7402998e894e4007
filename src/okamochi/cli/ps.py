"""`okamochi ps`: what runs."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from okamochi.cli.options import format_option, json_text, path_argument
from okamochi.cli.world import real_world

if TYPE_CHECKING:
    from okamochi.run.compose import ServiceState
    from okamochi.run.spec import Running
    from okamochi.workflows.running import Seen

COLUMNS = 4
UNSETTLED = """\
{now} is there in the place of {served}: an okamochi up is under way, or was ended in the middle
  hint: okamochi up goes on with the project as it is, and brings {served} back where that fails"""


@click.command(name="ps")
@path_argument
@click.option("--all", "everything", is_flag=True, help="Every project on this machine, not only PATH.")
@format_option
def command(path: Path, everything: bool, output_format: str) -> None:
    """What `okamochi up` and `dev` started: container, engine, state, URL; below it what runs beside web."""
    from okamochi.workflows.running import ps

    seen = ps(None if everything else path, real_world())
    if output_format == "json":
        answer = [
            {
                "up": item.record,
                "now": item.running,
                "unsettled": item.unsettled,
                "others": item.others,
                "troubles": item.troubles,
            }
            for item in seen
        ]
        click.echo(json_text(answer))
        return
    tell_apps(seen)
    for item in (item for item in seen if item.unsettled):
        click.echo(UNSETTLED.format(now=item.unsettled, served=item.record.image_reference), err=True)
    for cause in (cause for item in seen for cause in item.troubles):
        click.echo(f"its log tells: {cause.text}\n  hint: {cause.hint}", err=True)
    if not seen:
        of_path = f"nothing of {path.resolve()} is running; okamochi ps --all tells of other projects"
        click.echo("nothing is running" if everything else of_path, err=True)


def tell_apps(seen: "tuple[Seen, ...]") -> None:
    """One line an app, in columns; below it what runs beside web."""
    rows = [(app(item), item.others) for item in seen]
    widths = [max(len(cells[column]) for cells, _ in rows) for column in range(COLUMNS)] if seen else []
    for cells, others in rows:
        click.echo("  ".join(map(str.ljust, cells, widths)).rstrip())
        for one in others:
            click.echo(f"  {shown(one)}")


def app(item: "Seen") -> tuple[str, ...]:
    """The columns of one app: container, engine, state, URL."""
    now = item.running
    state = now.state.value if now else "unknown: the engine does not answer"
    health = f" ({now.health})" if now and now.health in ("healthy", "unhealthy") else ""
    return item.record.container, item.record.engine, f"{state}{health}{ends(now)}", item.record.url


def ends(running: "Running | None") -> str:
    """How often it ended, and why it does not run."""
    if running is None:
        return ""
    again = f", restarts: {running.restarts}" if running.restarts else ""
    return f"{again}, killed for want of memory" if running.out_of_memory else again


def shown(one: "ServiceState") -> str:
    """One container beside web. One that ends and is started again runs most of the time that one looks."""
    if one.state == "exited" and not one.exit_code:
        return f"{one.service}  done"
    # between two starts its health is nobody's
    ended = f" ({one.exit_code})" if one.state in ("exited", "restarting") else ""
    health = ended or (f" ({one.health})" if one.health else "")
    again = f", restarts: {one.restarts}" if one.restarts else ""
    return f"{one.service}  {one.state}{health}{again}"
