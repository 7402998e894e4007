"""A page or a script calls `docker-compose`, which is no more.

`docker-compose`, the program in Python, had its last release in 2023. What is installed today is a part of
docker, `docker compose`; the old name is missing on new machines and in pipelines ("docker-compose: command
not found"), and where it is still there it knows nothing of what came since: `develop.watch`, `include`,
`depends_on` with `restart`, `env_file` with `required`.

Fix: `docker compose`, with a blank.

Okamochi: `up`, `dev`, `logs`, `exec` and `down`, on Docker Compose v2.

See: https://docs.docker.com/compose/releases/migrate/
"""

from collections.abc import Iterator

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.model.evidence import Evidence
from okamochi.system.patterns import regex

SEVERITY = Severity.NOTE
PLACES = (
    "*.md",
    "*.sh",
    "Makefile",
    "justfile",
    ".gitlab-ci.yml",
    ".github/workflows/*.y*ml",
    "scripts/*",
    "docs/*.md",
)
CALLED = regex(
    r"(?:^|[\s`$(&;|@\"'])docker-compose(?:\s+-\S+(?:\s+[\w./-]+\.ya?ml)?)*\s+"
    r"(?:up|down|build|run|exec|logs|ps|pull|push|restart|start|stop|config|rm|kill)\b"
)
MOST_SHOWN = 5


def look(setup: Setup) -> Finds:
    """Once: who changes one changes all. Only where a Compose file is there to be started."""
    found = list(calls(setup)) if setup.composes else []
    if found:
        path, line = found[0]
        yield Found(
            path=path,
            line=line,
            message="docker-compose is the program of before 2023: new machines and pipelines do not have it",
            hint="docker compose, with a blank",
            also=tuple(
                Evidence(path=one, line=number, reason="here as well") for one, number in found[1:MOST_SHOWN]
            ),
        )


def calls(setup: Setup) -> Iterator[tuple[str, int]]:
    for path in dict.fromkeys(path for place in PLACES for path in setup.project.files(place)):
        text = setup.file(path).text
        for number, line in enumerate(text.split("\n") if "docker-compose" in text else (), 1):
            if CALLED.search(line):
                yield path, number
