"""A line of the environment file counts for nothing: Compose takes the value from another variable.

`DB_USER: ${POSTGRES_USER}` in the compose file gives the container what POSTGRES_USER says. DB_USER in .env
is read by nobody, and whoever changes it wonders.

Fix: keep the one that is read.

Okamochi: each value has one name, that of the code.

See: https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/
"""

from okamochi.audit.rule import Severity, told

SEVERITY = Severity.WARNING
look = told("env/overruled")
