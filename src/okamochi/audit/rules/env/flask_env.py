"""FLASK_ENV is set, and nothing reads it.

Flask dropped it in 2.3 (April 2023). Whoever sets `FLASK_ENV=production` believes that debug mode is off, and
whoever sets `FLASK_ENV=development` that it is on; neither is so.

Fix: take the line away. `FLASK_DEBUG=1`, or `flask run --debug`, at the desk only.

Okamochi: it is not set; `okamochi dev` sets FLASK_DEBUG.

See: https://flask.palletsprojects.com/en/stable/changes/#version-2-3-0
"""

import re
from collections.abc import Iterator

from okamochi.audit.containers import Container, ContainerKind, Variable
from okamochi.audit.rule import Edit, Finds, Found, Setup, Severity
from okamochi.audit.services import merged
from okamochi.system.patterns import regex

SEVERITY = Severity.WARNING
OLD_FLASK = regex(r"^flask\s*(?:==|~=|<=?)\s*(?:0|1|2\.[0-2])\b", re.MULTILINE | re.IGNORECASE)
IN_FILE = regex(r"\s*(?:export\s+)?FLASK_ENV\s*=")
ALONE = regex(r"ENV FLASK_ENV[= ](?:production|development)")


def look(setup: Setup) -> Finds:
    """Once for each place; not where the app reads it itself, or pins a Flask that did."""
    if reads_it(setup) or pins_an_old_flask(setup):
        return
    for container in setup.containers:
        given = container.variable("FLASK_ENV") if is_own(container, setup) else None
        if given is not None:
            yield Found(
                path=given.path,
                line=given.line,
                message="FLASK_ENV does nothing: Flask has not read it since 2.3",
                hint="take it away; FLASK_DEBUG=1 switches debug mode on, at the desk only",
                edits=tuple(edits(setup, container, given)),
            )
    for file in setup.env_files:
        for number in (number for number, line in enumerate(file.lines, 1) if IN_FILE.match(line)):
            yield Found(
                path=file.path,
                line=number,
                message="FLASK_ENV does nothing: Flask has not read it since 2.3",
                hint="take it away; FLASK_DEBUG=1 switches debug mode on, at the desk only",
                edits=(Edit(file.path, number, number, ""),),
            )


def is_own(container: Container, setup: Setup) -> bool:
    """A service that only adds to one of another file is what that is."""
    parts = merged(container, setup) if container.kind is ContainerKind.COMPOSE else ()
    return container.own or any(one.own for one in parts)


def reads_it(setup: Setup) -> bool:
    return any("FLASK_ENV" in file.text for file in setup.python_files)


def pins_an_old_flask(setup: Setup) -> bool:
    return any(
        OLD_FLASK.search(setup.project.read_text(path) or "")
        for path in setup.project.files("**/*requirements*.txt")
    )


def edits(setup: Setup, container: Container, given: Variable) -> Iterator[Edit]:
    """The line, where it says nothing else and something is left around it."""
    text = setup.file(given.path).line(given.line).strip()
    if container.kind is ContainerKind.COMPOSE and given.path == container.path:
        around = container.node.get("environment")
        alone = len(around.pairs) + len(around.items) > 1
    else:
        alone = ALONE.fullmatch(text) is not None or given.path in {one.path for one in setup.env_files}
    if alone:
        yield Edit(given.path, given.line, given.line, "")
