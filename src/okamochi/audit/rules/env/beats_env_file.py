"""A variable is passed on from the shell, and beats the value that the env_file gives it.

`environment: [SECRET_KEY=${SECRET_KEY}]` takes the value from the shell or from .env beside the Compose file.
Where neither has it the text is empty, and `environment` counts more than `env_file`: the app gets an empty
key, though the file beside it has one (measured with Compose 2.26). Where .env, which is the desk's, has
another value than the env_file, production runs with the desk's.

Fix: take the line away; `env_file` gives the value. Or `${SECRET_KEY:?set it}`, where it is to come from
the shell.

Okamochi: each variable has one source, and a secret that nobody gives is made up or asked for.

See: https://docs.docker.com/compose/how-tos/environment-variables/envvars-precedence/
"""

import posixpath

from okamochi.audit.compose_containers import variables_of_env_files
from okamochi.audit.containers import Container
from okamochi.audit.interpolation import known_to_compose
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import services
from okamochi.system.patterns import regex

SEVERITY = Severity.WARNING
SAME = regex(r"\$\{?(\w+)\}?")


def look(setup: Setup) -> Finds:
    for container in services(setup, desk=True):
        known = known_to_compose(setup, container.path)
        if not container.node.get("env_file") or takes_the_same(container):
            continue
        given = {one.name: one for one in variables_of_env_files(container.path, container.node, setup)}
        for one in container.environment:
            passed = SAME.fullmatch(one.value or "")
            if one.path != container.path or passed is None or passed[1] != one.name:
                continue
            beaten = given.get(one.name)
            if one.name not in known:
                message = f"{one.name} becomes an empty text when neither the shell nor .env sets it, and "
                message += "beats the env_file beside it"
            elif beaten is not None and beaten.value != known[one.name]:
                message = f"{one.name} is what .env has, unless the shell sets it, and beats {beaten.path}"
            elif beaten is None and (away := not_here(container, setup)):
                message = f"{one.name} is what .env has, unless the shell sets it, and beats {away}"
                message += " where that has it"
            else:
                continue
            yield Found(
                path=one.path,
                line=one.line,
                message=message,
                hint=f"take the line away: env_file gives {one.name}; or ${{{one.name}:?set it}}",
            )


def not_here(container: Container, setup: Setup) -> str:
    """An env_file that is kept out of the repository: nobody sees what it has. "" when all are here."""
    listed = container.node.get("env_file")
    named = (one.get("path").text or one.text for one in (listed, *listed.items))
    folder = posixpath.dirname(container.path)
    there = {file.path for file in setup.env_files}
    return next(
        (name for name in named if name and posixpath.normpath(posixpath.join(folder, name)) not in there), ""
    )


def takes_the_same(container: Container) -> bool:
    """Whether it is the .env beside the Compose file, from which Compose itself takes values."""
    listed = container.node.get("env_file")
    named = (one.get("path").text or one.text for one in (listed, *listed.items))
    return any(posixpath.normpath(name) == ".env" for name in named if name)
