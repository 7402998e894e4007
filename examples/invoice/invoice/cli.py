"""Commands: `flask seed-demo`."""

import click
from flask.cli import with_appcontext

from invoice import demo


@click.command("seed-demo")
@with_appcontext
def seed_demo() -> None:
    """Add sample customers and invoices to an empty database; change nothing otherwise."""
    if demo.load():
        click.echo("Sample data loaded.")
    else:
        click.echo("There is data already; nothing was changed.")
