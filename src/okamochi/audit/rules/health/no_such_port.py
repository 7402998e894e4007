"""The health check asks a port on which nothing listens.

The server listens where its command says, and the check asks elsewhere: "connection refused" each time.
The container is unhealthy for ever, what waits for it with `service_healthy` never starts, Swarm and ECS
replace it again and again. What `ports` publishes on the host is another number: the check runs inside
of the container.

Fix: one number in both places, or the same variable.

Okamochi: server, check and published port are one number in the plan.

See: https://docs.docker.com/reference/dockerfile/#healthcheck
"""

from okamochi.audit.addresses import ports_of
from okamochi.audit.health import HealthCheck, health_checks
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.started import started_text
from okamochi.audit.values import known, number
from okamochi.model.evidence import Evidence
from okamochi.system.patterns import regex

SEVERITY = Severity.ERROR
LOCAL = regex(r"localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1?\]")
# these bring a port of their own
OTHERS = regex(r"\b(?:nginx|caddy|supervisord|apache2|flower|honcho|circusd|s6|runsv|foreman)\b")


def look(setup: Setup) -> Finds:
    for check in health_checks(setup):
        container = check.container
        asked = asked_port(check)
        if (
            not container.own
            or container.desk
            or asked is None
            or OTHERS.search(started_text(container, setup))
        ):
            continue
        ports = ports_of(container, setup)
        if ports and asked not in ports:
            listed = " and ".join(map(str, sorted(ports)))
            yield Found(
                path=check.path,
                line=check.line,
                message=f"the check asks port {asked}, and the server listens on {listed}: it never succeeds",
                hint=f"port {listed}",
                also=(
                    Evidence(
                        path=container.command.path, line=container.command.line, reason=f"port {listed}"
                    ),
                ),
            )


def asked_port(check: HealthCheck) -> int | None:
    """None where it asks nobody in the container, or where that cannot be told."""
    address = check.address
    if check.off or address is None or not LOCAL.fullmatch(address["host"]):
        return None
    if address["port"] is None:
        return 443 if address[0].startswith("https") else 80
    return number(known(address["port"], check.container))
