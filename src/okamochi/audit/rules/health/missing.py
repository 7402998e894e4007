"""Nothing looks whether the server still answers.

A server that hangs is a running process: without a check `docker ps` says "up", `depends_on` has nothing to
wait for, and Swarm sends requests on. Contested for images that run on Kubernetes or ECS alone, which have
checks of their own and ignore this one; where their files are in the project, this rule is silent.

Fix: `HEALTHCHECK CMD ["python", "-c", "import urllib.request as r;
r.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]`.

Okamochi: asks every 30 s, every 10 s under Compose, and waits for it before `up` says that it is done.

See: https://docs.docker.com/reference/dockerfile/#healthcheck (CIS Docker Benchmark 4.6)
"""

from okamochi.audit.addresses import addresses
from okamochi.audit.containers import ContainerKind
from okamochi.audit.rule import Finds, Found, Setup, Severity

SEVERITY = Severity.NOTE


def look(setup: Setup) -> Finds:
    if setup.of_kind(ContainerKind.KUBERNETES, ContainerKind.ECS):
        return
    for container in setup.production:
        if container.kind is not ContainerKind.IMAGE or container.stage is None:
            continue
        started = [
            one
            for one in setup.of_kind(ContainerKind.COMPOSE)
            if one.stage_path == container.path and one.node.get("healthcheck")
        ]
        if container.stage.last("HEALTHCHECK") is None and not started and addresses(container, setup):
            yield Found(
                path=container.path,
                line=container.command.line,
                message="no health check: a server that hangs counts as running",
                hint="HEALTHCHECK that asks a page by Python itself",
            )
