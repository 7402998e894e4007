"""uWSGI takes the stop signal for a reload.

With a master and without `die-on-term`, uWSGI 2.0 answers SIGTERM by killing its workers and starting
anew: the container goes on until the engine kills it. Measured with uWSGI 2.0.31: "brutally killing
workers", "binary reloading uWSGI", alive 6 s later; with `die-on-term` it ended after 1.1 s.

Fix: `die-on-term = true`.

Okamochi: starts gunicorn in its place.

See: https://uwsgi-docs.readthedocs.io/en/latest/ThingsToKnow.html
"""

import posixpath
import re

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.scripts import project_file
from okamochi.audit.servers import Server, servers

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for container in setup.production:
        if container.variable("UWSGI_DIE_ON_TERM") or container.given("STOPSIGNAL"):
            continue
        stop = container.stage.last("STOPSIGNAL") if container.stage is not None else None
        for server in servers(container) if stop is None else ():
            place = reloads(server, setup) if server.name == "uwsgi" else None
            if place is not None:
                yield Found(
                    path=place[0],
                    line=place[1],
                    message="uWSGI's master takes SIGTERM for a reload: it goes on until it is killed",
                    hint="die-on-term = true",
                )


def reloads(server: Server, setup: Setup) -> tuple[str, int] | None:
    """Where its master is asked for; None where there is none, or something may set the other."""
    if server.option("die-on-term", "hook-master-start", "exit-on-reload") is not None:
        return None
    named = [server.value("ini")] if server.option("ini") is not None else []
    named += [word for word in server.words if word.endswith(".ini")]
    if server.option("yaml", "json", "xml", "y", "j", "x") is not None or len(named) > 1:
        return None
    if not named:
        return (server.path, server.line) if server.option("master", "M") is not None else None
    path = project_file(posixpath.basename(named[0]), setup)
    text = setup.project.read_text(path) or "" if path else ""
    if re.search(r"^\s*(?:die-on-term|hook-master-start|exit-on-reload|ini|include)\s*=", text, re.MULTILINE):
        return None
    for number, line in enumerate(text.split("\n"), 1):
        if re.match(r"\s*master\s*=\s*(?:true|1|on|yes)", line, re.IGNORECASE):
            return path, number
    return (server.path, server.line) if text and server.option("master") is not None else None
