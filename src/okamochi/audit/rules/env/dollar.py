"""Compose takes a dollar in an environment file for a variable.

`PASSWORD=pa$word` becomes "pa", with a warning about a variable that nobody meant (measured with Compose
2.26; in double quotes as well). The app gets half a password.

Fix: single quotes, `PASSWORD='pa$word'`; or `$$`, where only Compose reads the file.

See: https://docs.docker.com/reference/compose-file/services/#env_file
"""

import posixpath

from okamochi.audit.containers import ContainerKind
from okamochi.audit.interpolation import references
from okamochi.audit.rule import Finds, Found, Severity
from okamochi.audit.setup import Setup, TextFile
from okamochi.model.process import VariableKind
from okamochi.model.variable_names import kind_of
from okamochi.system.patterns import regex

SEVERITY = Severity.ERROR
LINE = regex(r"\s*(?:export\s+)?(?P<name>[A-Za-z_]\w*)\s*=\s*(?P<value>.*)")


def look(setup: Setup) -> Finds:
    given = {one.path for container in setup.of_kind(ContainerKind.COMPOSE) for one in container.environment}
    beside = {posixpath.join(posixpath.dirname(one.path), ".env") for one in setup.composes}
    for file in setup.env_files:
        if file.path in given | beside:
            yield from of_file(file)


def of_file(file: TextFile) -> Finds:
    lines = [(number, LINE.fullmatch(line)) for number, line in enumerate(file.lines, 1)]
    names = {found["name"] for _, found in lines if found is not None}
    for number, found in lines:
        if found is None or found["value"].startswith("'") or kind_of(found["name"]) is VariableKind.PLAIN:
            continue
        unknown = [
            name for name, operator, _ in references(found["value"]) if not operator and name not in names
        ]
        if unknown:
            yield Found(
                path=file.path,
                line=number,
                message=f"Compose takes a dollar in {found['name']} for a variable: the value is cut there",
                hint="single quotes around the value",
            )
