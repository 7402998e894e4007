"""Flask's debugger is open for the whole network.

In debug mode Flask's server answers an error with a page on which Python can be run, behind a PIN of
nine digits. With `"5000:5000"` it is on every interface of the host, past its firewall: in a café,
everybody there.

Fix: `"127.0.0.1:5000:5000"` at the desk.

Okamochi: `okamochi dev` publishes on 127.0.0.1 alone, and refuses another address.

See: https://werkzeug.palletsprojects.com/en/stable/debug/
"""

from okamochi.audit.containers import Container
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.servers import servers
from okamochi.audit.services import beside, published, services
from okamochi.model.evidence import Evidence

SEVERITY = Severity.WARNING
ON = ("1", "true", "yes", "on")


def look(setup: Setup) -> Finds:
    """At the port; that may stand in the file below."""
    for container in services(setup, desk=True):
        if not debugs(container):
            continue
        for same in beside(setup, container):
            for port in published(same, setup) if same.name == container.name else ():
                if port.everywhere and port.host:
                    yield Found(
                        path=same.path,
                        line=port.line,
                        message=f"port {port.host} shows Flask's debugger to the whole network",
                        hint=f'"127.0.0.1:{port.host}:{port.target}"',
                        also=(
                            Evidence(
                                path=container.command.path, line=container.command.line, reason="flask run"
                            ),
                        ),
                    )


def debugs(container: Container) -> bool:
    flask = [one for one in servers(container) if one.name == "flask" and "run" in one.words]
    by_option = any(one.option("debug") is not None for one in flask)
    return bool(flask) and (by_option or container.given("FLASK_DEBUG").lower() in ON)
