"""gunicorn goes into the background, and the container ends with it.

`--daemon` forks and leaves: process 1 ends at once, and a container ends with its process 1. Compose then
starts it again and again, or the container is simply gone. Measured with gunicorn 27.0.1: the command
returned after 0.4 s, with exit code 0.

Fix: take the option away; `docker run -d`, Compose and Kubernetes put the container into the background.

Okamochi: the server is process 1.

See: https://docs.gunicorn.org/en/stable/settings.html#daemon
"""

from okamochi.audit.gunicorn_files import gunicorn_value
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.servers import Option, Server, servers

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for container in setup.production:
        for server in servers(container):
            found = daemonizing(server, setup)
            # something after it may hold the container
            if found is not None and server == servers(container)[-1] and ends_with(server):
                yield Found(
                    path=found.path,
                    line=found.line,
                    message=f"{server.name} puts itself into the background: process 1 ends, and the "
                    "container with it",
                    hint=f"take {found.name} away: the engine puts the container into the background",
                )


def daemonizing(server: Server, setup: Setup) -> Option | None:
    match server.name:
        case "gunicorn":
            option = gunicorn_value(server, "daemon", setup).option
            on_the_line = server.option("daemon") is not None
            return option if option is not None and (on_the_line or option.value == "True") else None
        case "uwsgi":
            return server.option("daemonize", "daemonize2")
        case "celery":
            return server.option("detach") or next(
                (
                    Option("multi", "", server.path, server.line)
                    for word in server.words[:1]
                    if word == "multi"
                ),
                None,
            )
        case _:
            return None


def ends_with(server: Server) -> bool:
    programs = server.container.command.programs
    return bool(programs) and programs[-1][0].rpartition("/")[2] == server.name
