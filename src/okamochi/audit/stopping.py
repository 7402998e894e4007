"""How long a server may take to stop."""

from okamochi.audit.containers import Container
from okamochi.audit.gunicorn_files import gunicorn_value
from okamochi.audit.servers import servers
from okamochi.audit.setup import Setup

__all__ = ["graceful_seconds"]

# https://docs.gunicorn.org/en/stable/settings.html#graceful-timeout
GUNICORN_SECONDS = 30


def graceful_seconds(container: Container, setup: Setup) -> int | None:
    """Of the gunicorn that it starts; None where there is none, or a file of its own that is not read."""
    started = [one for one in servers(container) if one.name == "gunicorn"]
    if len(started) != 1:
        return None
    given = gunicorn_value(started[0], "graceful-timeout", setup)
    if given.is_given:
        return int(given.value) if given.value.isdecimal() else None
    return GUNICORN_SECONDS
