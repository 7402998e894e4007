"""A variable in a command or check is replaced by Compose on the host, before the container is there.

`command: gunicorn -b 0.0.0.0:$PORT` does not see what `environment`, `env_file` or the image give PORT:
Compose puts in what the shell or .env has, "" where that is nothing, and warns ("The PORT variable is
not set. Defaulting to a blank string", Compose 2.26).

Fix: `$$PORT` keeps the dollar for the container, where a shell has to read it: `sh -c 'exec gunicorn -b
0.0.0.0:$$PORT app:app'`. Better, the server's own configuration file reads the variable.

Okamochi: gunicorn.conf.py reads its variables in the container.

See: https://docs.docker.com/reference/compose-file/interpolation/
"""

import posixpath

from okamochi.audit.containers import Variable
from okamochi.audit.interpolation import known_to_compose, references
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import services

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for container in services(setup, desk=True):
        known = known_to_compose(setup, container.path)
        for keys in (("command",), ("entrypoint",), ("healthcheck", "test")):
            node = container.node.get(*keys)
            for text in (one.text for one in (node, *node.items) if one.kind == "scalar"):
                for name, operator, _ in references(text):
                    given = container.variable(name)
                    if given is None or operator or name in known or is_from_the_host(given, container.path):
                        continue
                    yield Found(
                        path=container.path,
                        line=node.line,
                        message=f"Compose replaces ${name} on the host; the container's own {name} "
                        f"({given.path}, line {given.line}) never gets there",
                        hint=f"$${name} in a shell of the container, or the server's configuration file",
                    )


def is_from_the_host(given: Variable, path: str) -> bool:
    """Whether the container has it from where Compose takes it too: the shell, or .env beside the file."""
    env = posixpath.join(posixpath.dirname(path), ".env")
    return (
        given.value is None or given.path == env or given.name in {one[0] for one in references(given.value)}
    )
