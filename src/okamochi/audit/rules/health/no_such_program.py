"""A health check starts a program that the image does not have.

The slim images of Python have neither curl nor wget. Such a check fails each time: the container is
unhealthy for ever, Compose never starts what waits for it, Swarm and ECS replace it again and again.

Fix: Python is there: `["python", "-c", "import urllib.request as r;
r.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]`. Installing curl for this brings a program that
an intruder likes to find.

Okamochi: the image's own Python asks, by a program of the standard library alone.

See: https://hub.docker.com/_/python (variants)
"""

from okamochi.audit.health import HealthCheck, health_checks
from okamochi.audit.programs import lacks
from okamochi.audit.rule import Finds, Found, Setup, Severity

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for check in health_checks(setup):
        stage = check.container.stage
        if stage is None or check.off or not check.container.own:
            continue
        for argv in check.command.programs:
            program = argv[0].rpartition("/")[2]
            if lacks(stage, program):
                yield Found(
                    path=check.path,
                    line=check.line,
                    message=f"{program} is not in {stage.image}: the check fails each time, and the "
                    "container is never healthy",
                    hint=f"ask by Python: {by_python(check)}",
                )
                break


def by_python(check: HealthCheck) -> str:
    address = check.address
    port = (address["default"] or address["port"]) if address is not None else None
    path = (address["path"] or "/") if address is not None else "/"
    url = f"http://127.0.0.1:{port or '8000'}{path}"
    return f"""python -c "import urllib.request as r; r.urlopen('{url}', timeout=3)\""""
