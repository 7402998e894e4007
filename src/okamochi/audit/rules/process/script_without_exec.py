"""An entry point script starts the server without exec, and keeps the stop signal from it.

The shell that runs the script stays process 1, or tini's only child. SIGTERM goes to it alone, and it waits
for the server without passing it on: the container is killed when the grace period is over (10 s in
Compose, 30 s in Kubernetes), and requests under way are lost. Measured with dash and bash as process 1 and
gunicorn as the last line of a script: alive 8 seconds after SIGTERM; with `exec` it ended in 0.3 s.

Fix: `exec` before the last command: `exec gunicorn …`, `exec "$@"`.

Okamochi: no script starts the app: what it prepares is a release process, once before web.

See: https://docs.docker.com/reference/dockerfile/#exec-form-entrypoint-example
"""

import re
from collections.abc import Iterator

from okamochi.audit.rule import Edit, Finds, Found, Setup, Severity
from okamochi.audit.scripts import Line, lines_of, own_scripts
from okamochi.containerfiles.command_lines import commands_of

SEVERITY = Severity.ERROR
SERVERS = frozenset(
    ("gunicorn", "uvicorn", "hypercorn", "daphne", "granian", "waitress-serve", "uwsgi", "supervisord")
)
# the words by which these keep running
RUNNING = {
    "flask": ("run",),
    "celery": ("worker", "beat", "flower"),
    "rq": ("worker", "scheduler"),
    "streamlit": ("run",),
    "fastapi": ("run", "dev"),
    "manage.py": ("runserver", "qcluster", "rqworker"),
}
CLOSING = re.compile(r"(?:\}|\))\s*;?")
BRANCH = re.compile(r"else\b|elif\b|;;")
ARGUMENTS = re.compile(r"(?:sh -c )?\"?\$(?:@|\*|\{@\})\"?")


def look(setup: Setup) -> Finds:
    for container in setup.production:
        for path, _ in own_scripts(container, setup):
            lines = lines_of(setup.file(path).text)
            if any(re.match(r"trap\s", line.text) for line in lines):
                continue  # it passes signals on by itself
            for place, line in enumerate(lines):
                if keeps_running(line.text) and is_last(lines[place + 1 :]):
                    yield Found(
                        path=path,
                        line=line.line,
                        message="the shell stays process 1 in front of the server: SIGTERM never reaches it, "
                        "and it is killed when the grace period is over",
                        hint=f"exec {line.text if len(line.text) < 60 else line.text[:60] + '…'}",
                        edits=tuple(edits(path, line, setup)),
                    )


def keeps_running(text: str) -> bool:
    """Whether a line starts what the container is there for, and nothing stands before or after it."""
    if ARGUMENTS.fullmatch(text):
        return True
    if text.startswith("exec ") or re.search(r"&\s*$|\bexec\s|\|(?!\|)|\$\(", text):
        return False
    found = commands_of(text)
    if not found or not found[-1]:
        return False
    argv = found[-1]
    program = argv[0].rpartition("/")[2]
    if program.startswith("python") and len(argv) > 1 and argv[1].endswith("manage.py"):
        program, argv = "manage.py", argv[1:]
    if {"--help", "--version", "--check-config"} & set(argv):
        return False
    return program in SERVERS or any(word in argv[1:] for word in RUNNING.get(program, ()))


def is_last(rest: tuple[Line, ...]) -> bool:
    """Whether nothing is run after it: what follows are ends of blocks, and their other branches."""
    skipping = 0
    for line in rest:
        opens = re.match(r"(?:if|case|while|until|for)\b", line.text) is not None
        closes = re.fullmatch(r"(?:fi|esac|done)\b.*", line.text) is not None
        if skipping:
            skipping += opens - closes
        elif BRANCH.match(line.text):
            skipping = 1
        elif re.match(r"exit\b", line.text):
            return True
        elif not closes and not CLOSING.fullmatch(line.text):
            return False
    return True


def edits(path: str, line: Line, setup: Setup) -> Iterator[Edit]:
    """Of a line that holds the one command."""
    text = setup.file(path).text.split("\n")[line.line - 1]
    if not re.search(r"&&|\|\||;|&|^\w+=", line.text):
        indentation = text[: len(text) - len(text.lstrip())]
        yield Edit(path, line.line, line.line, f"{indentation}exec {text.lstrip()}")
