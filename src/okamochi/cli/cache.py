"""`okamochi cache`: what is kept, and how to be rid of it."""

import click

from okamochi.cli.options import format_option, json_text
from okamochi.cli.world import real_world


@click.group(name="cache")
def command() -> None:
    """What okamochi keeps between builds: downloads, unpacked packages, bytecode, layers."""


@command.command(name="info")
@format_option
def info(output_format: str) -> None:
    """Where the cache is and what it holds."""
    cache = real_world().cache
    uses = cache.info()
    if output_format == "json":
        kinds = [{"kind": use.kind, "entries": use.entries, "size_bytes": use.size_bytes} for use in uses]
        answer = {"path": str(cache.root), "limit_bytes": cache.limit_bytes, "kinds": kinds}
        click.echo(json_text(answer))
        return
    for use in uses:
        click.echo(f"{use.kind:<12} {use.entries:>7} entries {human(use.size_bytes):>10}")
    total = sum(use.size_bytes for use in uses)
    click.echo(
        f"{'total':<12} {'':>15} {human(total):>10}   of {human(cache.limit_bytes)} allowed, in {cache.root}"
    )


@command.command(name="prune")
@click.option("--keep", metavar="SIZE", help="Size to shrink to, such as 2G; default: the cache's limit.")
@format_option
def prune(keep: str | None, output_format: str) -> None:
    """Remove what has not been used for longest, until the cache fits its limit."""
    from okamochi.model.sizes import parse_size

    cache = real_world().cache
    limit = parse_size(keep, where="--keep") if keep else cache.limit_bytes
    tell_freed(cache.prune(limit), output_format)
    left = sum(use.size_bytes for use in cache.info())
    if left > limit:
        click.echo(
            f"{human(left)} stay, more than {human(limit)}: an okamochi that runs may need what was used "
            "since an hour before it began",
            err=True,
        )


@command.command(name="clear")
@format_option
def clear(output_format: str) -> None:
    """Remove everything. The next build downloads again; nothing else is lost."""
    tell_freed(real_world().cache.clear(), output_format)


def tell_freed(size_bytes: int, output_format: str) -> None:
    click.echo(
        json_text({"freed_bytes": size_bytes}) if output_format == "json" else f"freed {human(size_bytes)}"
    )


def human(size_bytes: int) -> str:
    if size_bytes < 1000:
        return f"{size_bytes} B"
    thousands = min((len(str(size_bytes)) - 1) // 3, 3)
    return f"{size_bytes / 1000**thousands:.1f} {('B', 'kB', 'MB', 'GB')[thousands]}"
