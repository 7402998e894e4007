"""A variable is set twice in one environment file.

The last one counts, for Compose, Docker and python-dotenv alike. The first is a trap for whoever changes it
and wonders; and often the second was meant for another place.

Fix: keep one; values for another place belong in a file of their own (.env.prod).

See: https://docs.docker.com/reference/compose-file/services/#env_file
"""

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.errors import UsageError
from okamochi.model.env_file import parse_env_file

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    for file in setup.env_files:
        try:
            repeated = parse_env_file(file.text, where=file.path).repeated
        except UsageError:
            continue
        for name, first, last in repeated:
            yield Found(
                path=file.path,
                line=last,
                message=f"{name} is set in line {first} already; line {last} counts",
                hint="keep one of them; values for another place belong in a file of their own (.env.prod)",
            )
