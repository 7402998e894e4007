"""A secret becomes an empty text when nobody sets it.

`${DB_PASSWORD}` without a value is "" for Compose, which warns and goes on: a database that refuses to start,
or an app that signs with an empty key.

Fix: `${DB_PASSWORD:?set it in .env}`: Compose stops, and says which one is missing.

Okamochi: a secret that nobody gives is made up once where that is possible; else the start says which one
is missing.

See: https://docs.docker.com/reference/compose-file/interpolation/
"""

from okamochi.audit.containers import ContainerKind, Variable
from okamochi.audit.interpolation import known_to_compose, references
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.model.process import VariableKind
from okamochi.model.variable_names import kind_of

SEVERITY = Severity.NOTE


def look(setup: Setup) -> Finds:
    """Once for each file and variable. `NAME: ${NAME}` beside an env_file is another rule's."""
    for file in setup.composes:
        if file.desk:
            continue
        known = known_to_compose(setup, file.path)
        variables = [
            one
            for container in setup.of_kind(ContainerKind.COMPOSE)
            if container.path == file.path and not container.desk
            for one in container.environment
            if one.path == file.path and not (container.node.get("env_file") and one.name in names_in(one))
        ]
        told = set[str]()
        for one in variables:
            for name in names_in(one):
                if name in told or name in known or kind_of(name) is VariableKind.PLAIN:
                    continue
                told.add(name)
                yield Found(
                    path=file.path,
                    line=one.line,
                    message=f"{name} is an empty text when nobody sets it",
                    hint=f"${{{name}:?set it}}",
                )


def names_in(one: Variable) -> tuple[str, ...]:
    """Of the references without a default or guard."""
    return tuple(name for name, operator, _ in references(one.value or "") if not operator)
