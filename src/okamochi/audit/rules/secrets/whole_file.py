"""A service gets a whole environment file, with secrets that are not its own.

`env_file: .env` puts each line of the file into the container: the key of the payment service into the
database, the database's password into the proxy. All of it shows in `docker inspect`, in /proc of the
process and in reports of crashes, and a hole in the least of the services opens all others.

Fix: name what the service reads (`environment: [DB_HOST, "SECRET_KEY=${SECRET_KEY:?set it}"]`), or
`secrets:`, which are files; else an environment file for each service.

Okamochi: each process gets what the code reads, by name; secrets come as files below /run/secrets.

See: https://docs.docker.com/compose/how-tos/environment-variables/best-practices/
"""

import posixpath

from okamochi.audit.compose_containers import is_backing_image
from okamochi.audit.containers import Container
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import services
from okamochi.containerfiles.yaml_nodes import Node
from okamochi.errors import UsageError
from okamochi.model.env_file import parse_env_file
from okamochi.model.evidence import Evidence
from okamochi.model.process import VariableKind
from okamochi.model.variable_names import kind_of

SEVERITY = Severity.NOTE
SAMPLES = (".sample", ".example", ".template", ".dist")
MOST_SHOWN = 4


def look(setup: Setup) -> Finds:
    """Each environment file of a Compose file once, with all services that get secrets of others by it."""
    given: dict[tuple[str, str], list[tuple[Container, Node]]] = {}
    for container in services(setup):
        listed = container.node.get("env_file")
        for one in listed.items if listed.kind == "list" else (listed,):
            node = one.get("path") if one.kind == "mapping" else one
            if node.text and "$" not in node.text:
                given.setdefault((container.path, node.text), []).append((container, node))
    for (path, name), takers in given.items():
        yield from of_file(path, name, takers, setup)


def of_file(path: str, name: str, takers: list[tuple[Container, Node]], setup: Setup) -> Finds:
    known = secrets_of(posixpath.normpath(posixpath.join(posixpath.dirname(path), name)), setup)
    found: list[tuple[Container, Node, list[str]]] = []
    for container, node in takers:
        foreign = [one for one in known or () if not is_read(one, container, setup)]
        if known is None or foreign:
            found.append((container, node, foreign))
    if not found:
        return
    first, line, foreign = found[0]
    shown = ", ".join(foreign[:MOST_SHOWN]) + (" …" if len(foreign) > MOST_SHOWN else "")
    what = f"secrets among them that nothing in it reads: {shown}" if known else "secrets of others as well"
    yield Found(
        path=path,
        line=line.line,
        message=f"{first.name} gets all of {name}, {what}",
        hint="by name what it reads, or secrets as files",
        also=tuple(
            Evidence(path=path, line=node.line, reason=f"{one.name} as well") for one, node, _ in found[1:]
        ),
    )


def secrets_of(path: str, setup: Setup) -> tuple[str, ...] | None:
    """Names in it, or in the sample beside it; None where there is neither."""
    for place in (
        path,
        *(f"{path}{end}" for end in SAMPLES),
        posixpath.join(posixpath.dirname(path), ".env.sample"),
    ):
        text = setup.project.read_text(place)
        if text is None:
            continue
        try:
            values = parse_env_file(text, where=place).values
        except UsageError:
            return None
        return tuple(name for name, _ in values if kind_of(name) is not VariableKind.PLAIN)
    return None


def is_read(name: str, container: Container, setup: Setup) -> bool:
    """By the code, for the project's own and for images that nobody knows; by those of others, as far as
    their names tell: variables of Postgres begin with POSTGRES."""
    if container.own or not is_backing_image(container.image):
        # pydantic's settings have the name in small letters
        return any(name in file.text or name.lower() in file.text for file in setup.python_files)
    words = container.image.rpartition("/")[2].partition(":")[0].replace("-", "_").upper()
    stem = words.split("_")[0][:5]
    mentioned = any(name in one.text for one in container.node.walk() if one.kind == "scalar")
    return mentioned or name.startswith(stem) or name.split("_")[0] in words
