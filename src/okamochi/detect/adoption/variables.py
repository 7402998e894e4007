"""Variables that a Dockerfile or a compose file sets, beside what the plan sets."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from okamochi.containerfiles.compose_forms import pairs, strings
from okamochi.detect.adoption.rows import Row, Verdict
from okamochi.model.plan import Plan
from okamochi.model.process import VariableKind
from okamochi.model.variable_names import kind_of
from okamochi.system.words import some_of

__all__ = ["given_rows", "variable_rows"]

# what the image sets itself, what nobody reads any more, what belongs to the build
OWN_VARIABLES = re.compile(
    r"PYTHON\w+|PATH|HOME|LANG|LANGUAGE|LC_\w+|PORT|FLASK_(APP|ENV|DEBUG|RUN_\w+)|PIP_\w+|POETRY_\w+|UV_\w+|DEBIAN_\w+"
    r"|APP_HOME|VIRTUAL_ENV|GUNICORN_CMD_ARGS|WEB_CONCURRENCY|DOCKER\w*|NODE_\w+|NPM_\w+|YARN_\w+|USER|SHELL|TERM|HOSTNAME"
    r"|LD_\w+|WATCHFILES_\w+|.*_(FILE|VERSION)"
)
PLACE = re.compile(
    r"HOST|SERVER|ADDR|URL|URI|ENDPOINT|^(?:DB|DATABASE|REDIS|POSTGRES|MYSQL|MONGO|BROKER|RABBITMQ)$"
)
CONNECTION = re.compile(
    r"(?:\w+_)?(?:DB|DATABASE|POSTGRES|POSTGRESQL|PG|MYSQL|MARIADB|REDIS|MONGO|MONGODB|RABBITMQ|AMQP|MEMCACHED)_?"
    r"(?:HOST|HOSTNAME|SERVER|PORT|USER|USERNAME|NAME|DB|DATABASE|DBNAME)"
)


def given_rows(name: str, service: Mapping[str, Any], placed: Callable[[str], str]) -> Iterator[Row]:
    """Variables whose values the file takes from outside."""
    names = [key for key, value in pairs(service.get("environment")) if "$" in value or not value]
    if names:
        shown = some_of(names, 4)
        place = placed(names[0])
        yield Row(Verdict.SAME, f"{name}: variables", place, f"{shown} from outside", "by --env-file")
    files = strings(given) if isinstance(given := service.get("env_file"), list) else [str(given or "")]
    for file in files:
        if file:
            ours = "by --env-file, what the code reads"
            yield Row(Verdict.SAME, f"{name}: env_file", placed("env_file"), file, ours)


def variable_rows(
    place: str, name: str, value: str, plan: Plan, *, services: frozenset[str] = frozenset()
) -> Iterator[Row]:
    """`services` are the names of the compose file's."""
    if re.fullmatch(r"LANG|LC_\w+", name) and value and not value.upper().startswith("C."):
        why = "Python is UTF-8 in it, too; only locale.setlocale() would notice"
        yield Row(Verdict.CHANGE, name, place, value, "LANG=C.UTF-8", why)
    if OWN_VARIABLES.fullmatch(name) or "$" in value or not value or not name.isidentifier():
        return
    served = {variable.name for service in plan.services for variable in service.variables}
    if name in served:
        yield Row(Verdict.SAME, name, place, "an address", "set to the service's own")
        return
    if kind_of(name) is not VariableKind.PLAIN or "://" in value:
        why = "a value that may be secret stays out of images and files; give it by --env-file"
        yield Row(Verdict.CHANGE, name, place, "a value in the file", "given from outside", why)
        return
    if dict(plan.image_environment).get(name) == value:
        yield Row(Verdict.SAME, name, place, value, value)
        return
    if re.fullmatch(r"localhost|127\.0\.0\.1", value) and name.endswith("HOST"):
        why = "a service of the stack is reached by its name"
        yield Row(Verdict.CHANGE, name, place, value, "the service's name", why)
        return
    if (value in services and PLACE.search(name)) or CONNECTION.fullmatch(name):
        why = "of a service: the plan sets it where it starts that, else give it by --env-file"
        yield Row(Verdict.CHANGE, name, place, value, "given with the service", why)
        return
    if reason := elsewhere(name, value, plan):
        yield Row(Verdict.CHANGE, name, place, value, "not set", reason)
        return
    yield Row(
        Verdict.ADOPT, name, place, value, "not set", "a plain setting of the app", ("env", (name, value))
    )


def elsewhere(name: str, value: str, plan: Plan) -> str:
    """Why a path of the other image says nothing in this one; "" for what is no path, or is right here."""
    if not value.startswith("/"):
        return ""
    kept = (volume.path for volume in plan.volumes)
    if any(value == one or value.startswith(f"{one}/") for one in kept):
        return ""
    if name not in {one.name for one in plan.environment}:
        return "a path of the other image, which nothing in the code reads"
    return ""
