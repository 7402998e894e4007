"""The code needs a variable, and the container gets one that is nearly called so.

DB_URL for DATABASE_URL, DB_PASS for DB_PASSWORD: the app fails at its start, or worse, goes on with its
default.

Fix: the name that the code reads.

Okamochi: each variable has the name that the code reads; `okamochi plan` lists them with their lines.

See: https://12factor.net/config
"""

import re

from okamochi.audit.containers import ContainerKind
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import beside
from okamochi.model.plan import Plan
from okamochi.model.variable_names import is_outside

SEVERITY = Severity.WARNING
SAME = {
    "DB": "DATABASE",
    "POSTGRES": "DATABASE",
    "POSTGRESQL": "DATABASE",
    "SQLALCHEMY": "",
    "URI": "URL",
    "PASS": "PASSWORD",
    "PASSWD": "PASSWORD",
    "PWD": "PASSWORD",
    "HOSTNAME": "HOST",
    "SERVER": "HOST",
    "USERNAME": "USER",
    "APP": "",
    "FLASK": "",
    "DJANGO": "",
    "APIKEY": "API_KEY",
}


def look(setup: Setup) -> Finds:
    plan = setup.plan
    if plan is None:
        return
    needed = {one.name for one in plan.environment if one.required}
    for container in setup.production:
        if (
            container.kind is ContainerKind.IMAGE
            or container.node.get("envFrom")
            or lacks_a_file(container.path, setup)
        ):
            continue
        given = {one.name for same in (*beside(setup, container), container) for one in same.environment}
        for one in container.environment:
            if one.path != container.path or is_read(one.name, plan):
                continue
            meant = [name for name in sorted(needed - given) if words(name) == words(one.name)]
            if len(meant) == 1:
                yield Found(
                    path=one.path,
                    line=one.line,
                    message=f"{one.name} is set, and the code needs {meant[0]}",
                    hint=meant[0],
                )


def is_read(name: str, plan: Plan) -> bool:
    served = {one.name for service in plan.services for one in service.variables}
    return name in served or name in {one.name for one in plan.environment} or is_outside(name)


def words(name: str) -> frozenset[str]:
    """What a name says, in one way of saying it."""
    return frozenset(SAME.get(word, word) for word in name.upper().split("_")) - {""}


def lacks_a_file(path: str, setup: Setup) -> bool:
    """Whether an env_file is named that is not there: it may well have the right name."""
    text = setup.file(path).text
    names = re.findall(r"[\w./-]*\.env[\w.-]*", text) if "env_file" in text else []
    return any(not setup.project.exists(name.removeprefix("./")) for name in names)
