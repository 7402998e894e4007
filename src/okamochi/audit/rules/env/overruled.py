"""A line of the environment file counts for nothing: Compose takes the value from another variable.

`DB_USER: ${POSTGRES_USER}` in the compose file gives the container what POSTGRES_USER says. DB_USER in .env
is read by nobody, and whoever changes it wonders.

Fix: keep the one that is read.

Okamochi: each value has one name, that of the code.

See: https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/
"""

from collections.abc import Iterator

from okamochi.audit.rule import Found, Rule
from okamochi.audit.setup import Setup
from okamochi.audit.told import told
from okamochi.model.finding import Severity

__all__ = ["RULE"]


def look(setup: Setup) -> Iterator[Found]:
    yield from told(setup, "env/overruled")


RULE = Rule("env/overruled", Severity.WARNING, look, __doc__ or "")
