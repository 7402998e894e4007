"""Commands: `flask seed-demo`."""

import click
from flask.cli import with_appcontext

from invoice import demo


@click.command("seed-demo")
@click.option("--more", default=0, help="So many invoices on top, for a look at long lists and batches.")
@with_appcontext
def seed_demo(more: int) -> None:
    """Add sample customers and invoices to an empty database; change nothing otherwise."""
    if demo.load(more=more):
        click.echo("Sample data loaded.")
    else:
        click.echo("There is data already; nothing was changed.")
