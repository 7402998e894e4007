"""What the app prints is held back, and lost when it is killed.

Without a terminal Python writes standard output in blocks of 8 KB. `print` in a request shows in the log
minutes later, and what was in the block when the container was killed never does. Servers' own logs go
to standard error, which is not held back; so this rule looks for `print` in the app's code.

Fix: `ENV PYTHONUNBUFFERED=1`.

Okamochi: PYTHONUNBUFFERED=1.

See: https://docs.python.org/3/using/cmdline.html#envvar-PYTHONUNBUFFERED
"""

import posixpath
import re

from okamochi.audit.containers import Container, ContainerKind
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.servers import servers
from okamochi.model.evidence import Evidence
from okamochi.system.patterns import line_of, regex

SEVERITY = Severity.NOTE
PRINTS = regex(r"^\s*print\((?!.*flush\s*=)", re.MULTILINE)
NO_APP = regex(
    r"(?:.*/)?(?:tests?|scripts?|docs?|examples?|tools?|migrations|alembic|notebooks?|bin|commands|training|data)/.*|(?:.*/)?"
    r"(?:test_\w+|\w+_test|conftest|setup|manage|healthcheck|gunicorn[\w.]*)\.py"
)
MOST_FILES = 400


def look(setup: Setup) -> Finds:
    for container in setup.production:
        if container.kind is not ContainerKind.IMAGE or not servers(container) or is_unbuffered(container):
            continue
        place = first_print(setup, posixpath.dirname(container.path))
        if place is not None:
            yield Found(
                path=container.path,
                line=container.command.line,
                message=f"PYTHONUNBUFFERED is not set: what {place.path}:{place.line} prints is held back, "
                "and lost when the container is killed",
                hint="ENV PYTHONUNBUFFERED=1",
                also=(place,),
            )


def is_unbuffered(container: Container) -> bool:
    line = container.command.line_text
    return (
        container.variable("PYTHONUNBUFFERED") is not None or re.search(r"python3?\s+-\w*u", line) is not None
    )


def first_print(setup: Setup, folder: str) -> Evidence | None:
    """Of the code beside a Dockerfile; of all where none is there, as below docker/."""
    beside = setup.project.files("**/*.py", within=folder)
    for path in (beside or setup.project.files("**/*.py"))[:MOST_FILES]:
        text = setup.project.read_text(path) or ""
        found = PRINTS.search(text) if not NO_APP.fullmatch(path) and "__main__" not in text else None
        if found is not None:
            return Evidence(path=path, line=line_of(found) + found[0].count("\n"), reason="prints")
    return None
