"""A proxy in front speaks TLS, and the app does not believe what it says.

The proxy tells scheme and address of the client in headers. gunicorn and uvicorn take them from
127.0.0.1 alone, and a proxy in another container has another address: the app believes that it is asked
by http. Redirects after a login go to http://, OAuth refuses the callback, cookies with "secure" are
lost, and each visitor has the proxy's address.

Fix: FORWARDED_ALLOW_IPS with the network of the proxy ("*" where nothing else can connect), and
Werkzeug's ProxyFix for Flask; SECURE_PROXY_SSL_HEADER for Django.

Okamochi: with `--domain` the proxy is part of the stack and trusted; elsewhere OKAMOCHI_TRUSTED_HOPS says
how many stand in front.

See: https://docs.gunicorn.org/en/stable/deploy.html,
https://flask.palletsprojects.com/en/stable/deploying/proxy_fix/
"""

import re

from okamochi.audit.containers import Container
from okamochi.audit.nginx import is_proxy, passed_on
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.servers import Server, gunicorn_setting, servers
from okamochi.audit.services import beside, published, services

SEVERITY = Severity.WARNING
IN_CODE = re.compile(
    r"ProxyFix|ProxyHeadersMiddleware|SECURE_PROXY_SSL_HEADER|USE_X_FORWARDED|forwarded_allow_ips|X-Forwarded-Proto"
    r"|HTTP_X_FORWARDED|x-forwarded|SecureForwarded|preferred_url_scheme|xforwardedfor",
    re.IGNORECASE,
)


def look(setup: Setup) -> Finds:
    """Once: the app is the same for all services."""
    if not any(is_proxy(one) for one in services(setup)) or believes_in_code(setup):
        return
    asked = {one.host for one in passed_on(setup)}
    for container in services(setup):
        behind = container.name in asked or "traefik" in str(container.node.get("labels").plain())
        tls = any(is_proxy(one) and speaks_tls(one, setup) for one in beside(setup, container))
        for server in servers(container) if container.own and behind and tls else ():
            if server.name in ("gunicorn", "uvicorn") and not believes(server, setup):
                yield Found(
                    path=server.path,
                    line=server.line,
                    message=f"{server.name} ignores the headers of the proxy: the app takes https for http",
                    hint="FORWARDED_ALLOW_IPS with the proxy's network, and ProxyFix for Flask",
                )
                return


def speaks_tls(proxy: Container, setup: Setup) -> bool:
    return any(one.target in (443, 8443) for one in published(proxy, setup))


def believes_in_code(setup: Setup) -> bool:
    settings = (setup.file(path) for path in setup.project.files("**/*.toml"))
    return any(IN_CODE.search(file.text) for file in (*setup.python_files, *settings))


def believes(server: Server, setup: Setup) -> bool:
    if server.name == "gunicorn" and gunicorn_setting(server, "forwarded-allow-ips", setup) is not None:
        return True
    given = server.option("forwarded-allow-ips") is not None
    return given or server.container.variable("FORWARDED_ALLOW_IPS") is not None
