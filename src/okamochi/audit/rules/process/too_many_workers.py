"""More workers are started than the container has room for.

The file gives the container a share of a CPU and some memory, and the command starts a fixed number of
processes. More than two for each CPU and one do not get more done, they wait for each other; a Flask app
takes some 60 to 150 MB a process, so that below 80 MB each the kernel kills one after the other (exit
code 137).

Fix: no number at all where the configuration computes one from the container's limits (okamochi's own
does), or a number that fits: `min(2 × CPUs + 1, memory / 128 MB)`, and threads for the rest.

Okamochi: workers by the container's CPU and memory, and by the size of the first one; WEB_CONCURRENCY
overrules.

See: https://docs.gunicorn.org/en/stable/design.html#how-many-workers
"""

import math

from okamochi.audit.containers import Container, ContainerKind
from okamochi.audit.gunicorn_files import gunicorn_value
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.servers import Server, servers
from okamochi.audit.values import known, megabytes, number

SEVERITY = Severity.WARNING
LEAST_MEGABYTES = 80


def look(setup: Setup) -> Finds:
    for container in setup.production:
        cpus, memory = limits(container)
        for server in servers(container):
            workers = fixed_workers(server, setup)
            if workers is None or workers < 2:
                continue
            why = no_room(workers, cpus, memory)
            if why:
                yield Found(
                    path=server.path,
                    line=server.line,
                    message=f"{workers} workers in {container.name}, which has {why}",
                    hint=f"{fitting(cpus, memory)} workers, and threads for the rest",
                )


def limits(container: Container) -> tuple[float | None, float | None]:
    """CPUs and megabytes, None where the file gives no limit."""
    node = container.node
    match container.kind:
        case ContainerKind.COMPOSE:
            given = node.get("deploy", "resources", "limits")
            cpus = given.get("cpus").text or node.get("cpus").text
            memory = given.get("memory").text or node.get("mem_limit").text
            return cpus_of(cpus), megabytes(memory) if memory else None
        case ContainerKind.KUBERNETES:
            given = node.get("resources", "limits")
            memory = given.get("memory").text
            return cpus_of(given.get("cpu").text), megabytes(memory) if memory else None
        case ContainerKind.ECS | ContainerKind.IMAGE:
            return None, None


def cpus_of(text: str) -> float | None:
    try:
        return float(text[:-1]) / 1000 if text.endswith("m") else float(text)
    except ValueError:
        return None


def fixed_workers(server: Server, setup: Setup) -> int | None:
    if server.name == "gunicorn":
        given = gunicorn_value(server, "workers", setup)
        if not given.is_given:
            return number(server.container.given("WEB_CONCURRENCY"))
        return number(known(given.value, server.container))
    if server.name in ("uvicorn", "hypercorn", "granian"):
        return number(known(server.value("workers"), server.container))
    return None


def no_room(workers: int, cpus: float | None, memory: float | None) -> str:
    if memory is not None and memory / workers < LEAST_MEGABYTES:
        return f"{memory:.0f} MB: {memory / workers:.0f} MB for each"
    if cpus is not None and workers > 2 * math.ceil(cpus) + 1:
        return f"{cpus:g} CPU: they wait for each other"
    return ""


def fitting(cpus: float | None, memory: float | None) -> int:
    by_cpu = 2 * math.ceil(cpus) + 1 if cpus is not None else 1000
    by_memory = int(memory / 128) if memory is not None else 1000
    return max(1, min(by_cpu, by_memory))
