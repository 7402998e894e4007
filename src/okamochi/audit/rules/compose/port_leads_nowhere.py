"""A published port, or EXPOSE, names another port than the one on which the server listens.

`"8000:5000"` leads to port 5000 of the container. Where gunicorn listens at 8000 there, the connection
is reset; the container runs, its logs are silent. EXPOSE opens nothing, and is what proxies and people
read.

Fix: one number in the command, in EXPOSE and on the right of the colon.

Okamochi: one number in the plan, for server, image, check and Compose.

See: https://docs.docker.com/reference/compose-file/services/#ports
"""

from okamochi.audit.addresses import ports_of
from okamochi.audit.containers import Container, ContainerKind
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import published, services

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for container in services(setup, desk=True):
        ports = ports_of(container, setup) if container.own else None
        for one in published(container, setup) if ports else ():
            # with several ports the others may be a debugger's, or those of another program
            if ports and one.target not in ports and len(container.node.get("ports").items) == 1:
                yield Found(
                    path=container.path,
                    line=one.line,
                    message=f"port {one.host or one.target} leads to {one.target} of {container.name}, "
                    f"whose server listens at {sorted(ports)[0]}",
                    hint=f'"{one.host or one.target}:{sorted(ports)[0]}"',
                )
    for container in setup.of_kind(ContainerKind.IMAGE):
        yield from of_image(container, setup)


def of_image(container: Container, setup: Setup) -> Finds:
    ports = ports_of(container, setup)
    exposed = container.stage.all("EXPOSE") if container.stage is not None else ()
    words = [(one, word.partition("/")[0]) for one in exposed for word in one.rest.split()]
    if not ports or not words or not all(word.isdecimal() for _, word in words):
        return
    if any(int(word) in ports for _, word in words):
        return
    first, word = words[0]
    yield Found(
        path=container.stage_path,
        line=first.line,
        message=f"EXPOSE says {word}, and the server listens at {sorted(ports)[0]}",
        hint=f"EXPOSE {sorted(ports)[0]}",
    )
