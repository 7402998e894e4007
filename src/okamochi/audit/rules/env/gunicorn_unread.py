"""A variable is to configure gunicorn, and gunicorn does not read it.

gunicorn reads GUNICORN_CMD_ARGS, WEB_CONCURRENCY and PORT; GUNICORN_WORKERS, GUNICORN_TIMEOUT and their
like are names that people invent for their own configuration file. Without a file or command that uses
them they change nothing, and one worker serves. `command: gunicorn -w ${GUNICORN_WORKERS:-2}` in Compose
does not read it either: Compose puts the host's value in, whatever the container has.

Fix: `GUNICORN_CMD_ARGS="--workers 4"`, or a gunicorn.conf.py that reads the variable.

Okamochi: its gunicorn.conf.py reads GUNICORN_WORKERS, GUNICORN_THREADS, GUNICORN_TIMEOUT and their like.

See: https://docs.gunicorn.org/en/stable/configure.html
"""

import re

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.servers import servers

SEVERITY = Severity.WARNING
NAME = re.compile(
    r"GUNICORN_(?:WORKERS|THREADS|TIMEOUT|BIND|WORKER_CLASS|MAX_REQUESTS(?:_JITTER)?|KEEPALIVE|LOG_?LEVEL|PORT"
    r"|GRACEFUL_TIMEOUT|ACCESS_LOG|PRELOAD|WORKER_CONNECTIONS|RELOAD)"
)
READERS = re.compile(
    r".*\.(?:py|sh|bash|ya?ml|toml|ini|cfg|conf|json|jinja2?|j2)|(?:.*/)?(?:Dockerfile.*|Procfile|[\w-]+)"
)


def look(setup: Setup) -> Finds:
    for container in setup.production:
        if not any(one.name == "gunicorn" for one in servers(container)):
            continue
        for one in container.environment:
            if NAME.fullmatch(one.name) and not is_read(one.name, setup):
                message, hint = words(one.name, setup)
                yield Found(path=one.path, line=one.line, message=message, hint=hint)


def words(name: str, setup: Setup) -> tuple[str, str]:
    """What is wrong, and what to do: people who see the name in a command believe that it is read."""
    taken = re.compile(rf"(?<!\$)\$\{{?{name}\b")
    for one in setup.composes:
        for number, line in enumerate((setup.project.read_text(one.path) or "").split("\n"), 1):
            if taken.search(line) and not sets(name).match(line):
                where = f"in {one.path}:{number} Compose writes the host's value"
                return (
                    f"nothing reads the container's {name}: {where}",
                    "take the line away; or GUNICORN_CMD_ARGS with the option, and not in the command",
                )
    return (
        f"gunicorn does not read {name}, and nothing else of the project does",
        "GUNICORN_CMD_ARGS with the option, or a gunicorn.conf.py that reads it",
    )


def sets(name: str) -> re.Pattern[str]:
    return re.compile(rf"^\s*(?:-\s*|ENV\s+|export\s+)?[\"']?{name}[\"']?\s*[:=]")


def is_read(name: str, setup: Setup) -> bool:
    """Whether any line names it but those that set it. What a Compose file refers to is taken from the host,
    unless the dollar is doubled."""
    used = re.compile(rf"\b{name}\b")
    in_container = re.compile(rf"\$\$\{{?{name}\b")
    setting = sets(name)
    composes = {one.path for one in setup.composes}
    for path in setup.project.files():
        if not READERS.fullmatch(path):
            continue
        text = setup.project.read_text(path) or ""
        reads = in_container if path in composes else used
        if name in text and any(reads.search(line) and not setting.match(line) for line in text.split("\n")):
            return True
    return False
