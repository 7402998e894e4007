"""The devcontainer forwards ports, and not the app's.

The editor opens what forwardPorts names: nothing answers there, and the app's own port is found by luck, when
the editor notices it.

Fix: the port on which the app listens at the desk.

Okamochi: forwards the port of the plan.

See: https://containers.dev/implementors/json_reference/
"""

from okamochi.audit.addresses import ports_of
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import published, services

SEVERITY = Severity.WARNING

# of servers for the desk, which may be started by hand
USUAL = {3000, 5000, 7860, 8000, 8080, 8501, 8888}


def look(setup: Setup) -> Finds:
    listened = {port for one in setup.containers if one.own for port in ports_of(one, setup) or ()}
    others = {port.target for one in services(setup, desk=True) for port in published(one, setup)}
    for file in setup.devcontainers:
        node = file.root.get("forwardPorts")
        numbers = [int(one.text) for one in node.items if one.text.isdecimal()]
        named = any(not one.text.isdecimal() for one in node.items)
        if not numbers or named or not listened or set(numbers) & (listened | others | USUAL):
            continue
        yield Found(
            path=file.path,
            line=node.line,
            message=f"{', '.join(map(str, numbers))} is forwarded, and the app listens at {min(listened)}",
            hint=f'"forwardPorts": [{min(listened)}]',
        )
