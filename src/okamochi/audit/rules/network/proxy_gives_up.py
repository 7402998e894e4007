"""The proxy stops waiting before the server does.

nginx answers 504 after proxy_read_timeout, 60 seconds unless it says otherwise. A gunicorn that may work
for 120 seconds goes on for nobody: the visitor tries again, and a second worker is busy with the same.

Fix: proxy_read_timeout above gunicorn's timeout; better, short timeouts, and a queue for what takes
long.

See: https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout
"""

from okamochi.audit.nginx import passed_on
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.servers import Server, gunicorn_setting, servers
from okamochi.audit.services import services
from okamochi.audit.values import known, number
from okamochi.model.evidence import Evidence

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    waits = {one.host: one for one in sorted(passed_on(setup), key=lambda one: one.timeout_seconds)}
    for container in services(setup):
        proxy = waits.get(container.name)
        for server in servers(container) if proxy is not None and container.own else ():
            option = gunicorn_setting(server, "timeout", setup) if is_sync(server, setup) else None
            seconds = number(known(option.value, container)) if option is not None else None
            if proxy is not None and option is not None and seconds and seconds > proxy.timeout_seconds:
                yield Found(
                    path=option.path,
                    line=option.line,
                    message=f"gunicorn may take {seconds} s, nginx gives up after {proxy.timeout_seconds:g}",
                    hint=f"proxy_read_timeout {seconds + 5}s; or a shorter --timeout",
                    also=(Evidence(path=proxy.path, line=proxy.line, reason="passed on here"),),
                )


def is_sync(server: Server, setup: Setup) -> bool:
    """Whether its timeout is one of requests: for threads and event loops it is a heartbeat."""
    if server.name != "gunicorn":
        return False
    kind, threads = (gunicorn_setting(server, name, setup) for name in ("worker-class", "threads"))
    return (kind is None or kind.value == "sync") and (threads is None or threads.value == "1")
