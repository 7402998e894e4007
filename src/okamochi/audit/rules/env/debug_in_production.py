"""Debug mode is switched on where production runs.

Flask and Django show the source around each error, its variables and the settings to whoever caused it;
Flask with its own server gives a Python prompt on top, behind a PIN. Templates are read again for each
request.

Fix: take the line away, or `0`; `FLASK_DEBUG=1` in the file for the desk.

Okamochi: debug mode is set by `okamochi dev` alone, on loopback.

See: https://flask.palletsprojects.com/en/stable/debugging/,
https://docs.djangoproject.com/en/stable/ref/settings/#debug
"""

import re

from okamochi.audit.containers import ContainerKind, Variable
from okamochi.audit.interpolation import known_to_compose, resolved
from okamochi.audit.judging import DEBUG, ON
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.containerfiles.desk import is_desk_path
from okamochi.model.plan import Framework

SEVERITY = Severity.ERROR
OF_DESK = re.compile(
    r"(?:\w+_)?(?:ENV|ENVIRONMENT|STAGE|MODE)=(?:dev\w*|local|test\w*)|(?=\w*SETTINGS)\w++=.*\.(?:dev\w*|local|test\w*)",
    re.IGNORECASE,
)
OF_FLASK = (Framework.FLASK, Framework.DASH, Framework.QUART)


def look(setup: Setup) -> Finds:
    for container in setup.production:
        known = known_to_compose(setup, container.path) if container.kind is ContainerKind.COMPOSE else {}
        if any(OF_DESK.fullmatch(f"{one.name}={one.value}") for one in container.environment):
            continue  # it says that it is for the desk
        for one in container.environment:
            if not DEBUG.fullmatch(one.name) or is_desk_path(one.path) or not is_read(one, setup):
                continue
            value = resolved(one.value, known) if one.value else None
            if value is not None and ON.fullmatch(value.strip()):
                yield Found(
                    path=one.path,
                    line=one.line,
                    message=f"{one.name} is on in production: errors show source and settings to everybody",
                    hint=f"{one.name}=0, and on in the file for the desk",
                )


def is_read(one: Variable, setup: Setup) -> bool:
    """By Flask itself, or by the code, as far as the plan knows."""
    plan = setup.plan
    if plan is None:
        return one.name == "FLASK_DEBUG"
    if one.name == "FLASK_DEBUG":
        return plan.application.framework in OF_FLASK
    return one.name in {known.name for known in plan.environment}
