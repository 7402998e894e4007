"""A server writes its log into a file of the container.

Nobody sees it: `docker logs`, `kubectl logs` and every collector read standard output. The file grows in the
container's own layer without a limit, and is lost with the container; under a read-only root the server
does not start at all.

Fix: `--access-logfile -` and `--error-logfile -` (gunicorn), which are standard output and error.

Okamochi: access log as JSON and error log on standard output and error.

See: https://12factor.net/logs
"""

from collections.abc import Iterator

from okamochi.audit.gunicorn_files import gunicorn_value
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.servers import Option, Server, servers

SEVERITY = Severity.WARNING
NAMES = {
    "gunicorn": ("access-logfile", "error-logfile", "log-file"),
    "hypercorn": ("access-logfile", "error-logfile", "log-file"),
    "uwsgi": ("logto", "logto2", "daemonize"),
    "celery": ("logfile",),
}


def look(setup: Setup) -> Finds:
    for container in setup.production:
        for server in servers(container):
            for found in log_files(server, setup):
                yield Found(
                    path=found.path,
                    line=found.line,
                    message=f"{server.name} logs into {found.value}: docker logs does not show it, and it "
                    "grows until the container goes",
                    hint="take --logfile away" if server.name == "celery" else f"{found.name}: -",
                )


def log_files(server: Server, setup: Setup) -> Iterator[Option]:
    for name in NAMES.get(server.name, ()):
        option = server.option(name)
        if option is None and server.name == "gunicorn":
            option = gunicorn_value(server, name.replace("-logfile", "log"), setup).option
        if option is not None and is_file(option.value):
            yield option


def is_file(value: str) -> bool:
    return value not in ("", "-", "None") and not value.startswith(("/dev/", "/proc/", "$", "syslog"))
