"""Production starts its server with a reloader.

`--reload` is for the desk: a process beside the server watches every file, and a restart that nobody
asked for comes when one changes. uvicorn ignores `--workers` with it; gunicorn's own documentation says
that it is meant for development.

Fix: take `--reload` away here; an override file or a stage for developers may have it.

Okamochi: reloads under `okamochi dev` alone.

See: https://docs.gunicorn.org/en/stable/settings.html#reload and
https://www.uvicorn.org/settings/#development
"""

import re

from okamochi.audit.containers import Container
from okamochi.audit.gunicorn_files import gunicorn_value
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.servers import Option, Server, servers

SEVERITY = Severity.WARNING
RELOADING = frozenset(("gunicorn", "uvicorn", "hypercorn", "granian"))


def look(setup: Setup) -> Finds:
    for container in setup.production:
        for server in servers(container):
            found = reloader(server, setup)
            if found is not None and not mounts_the_code(container):
                yield Found(
                    path=found.path,
                    line=found.line,
                    message=f"{server.name} runs with a reloader, which is for the desk: it watches all "
                    "files and restarts the app when one changes",
                    hint="take --reload away, or keep it in an override file for developers",
                )


def mounts_the_code(container: Container) -> bool:
    """Whether Compose puts a folder of the host over it: then the service is for the desk."""
    mounted = (one.get("source").text or one.text for one in container.node.get("volumes").items)
    return any(re.match(r"\.{1,2}(?:/[\w./-]*)?(?::|$)", text) for text in mounted)


def reloader(server: Server, setup: Setup) -> Option | None:
    if server.name not in RELOADING:
        return None
    option = server.option("reload")
    if option is None and server.name == "gunicorn":
        stated = gunicorn_value(server, "reload", setup).option
        return stated if stated is not None and stated.value == "True" else None
    return option
