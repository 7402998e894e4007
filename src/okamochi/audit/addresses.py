"""Where the servers of a container listen, as far as their command lines, variables and files tell.

The defaults are those of the servers themselves: gunicorn and hypercorn 127.0.0.1:8000 (gunicorn
0.0.0.0:$PORT where PORT is set), uvicorn, granian and daphne 127.0.0.1:8000, waitress 0.0.0.0:8080,
Streamlit every address on 8501, `fastapi run` 0.0.0.0:8000.
"""

import re
from collections.abc import Iterator

import msgspec

from okamochi.audit.containers import Container
from okamochi.audit.gunicorn_files import gunicorn_value
from okamochi.audit.servers import Option, Server, servers
from okamochi.audit.setup import Setup
from okamochi.audit.values import known, number
from okamochi.system.patterns import regex

__all__ = ["Address", "addresses", "listening_ports", "ports_of"]

LOOPBACK = regex(r"127\.\d+\.\d+\.\d+|localhost|::1|\[::1\]")
BIND = regex(r"(?:tcp://|https?://|ssl://)?(?P<host>\[[^\]]*\]|[^:\[\]]*)?(?::(?P<port>\d+))?/?")
# defaults: host, port; the variables that some read instead of an option
ASGI = {
    "uvicorn": ("127.0.0.1", 8000, "UVICORN_HOST", "UVICORN_PORT"),
    "granian": ("127.0.0.1", 8000, "GRANIAN_HOST", "GRANIAN_PORT"),
    "daphne": ("127.0.0.1", 8000, "", ""),
    "fastapi": ("0.0.0.0", 8000, "", "PORT"),
    "streamlit": ("", 8501, "STREAMLIT_SERVER_ADDRESS", "STREAMLIT_SERVER_PORT"),
}
HOST_OPTIONS = {"daphne": ("bind",), "streamlit": ("server.address",)}
PORT_OPTIONS = {"streamlit": ("server.port",)}


class Address(msgspec.Struct, frozen=True):
    """`host` and `port` are None where nothing tells them. `option` is what says so; None for a default."""

    server: Server
    host: str | None
    port: int | None
    option: Option | None = None

    @property
    def is_loopback(self) -> bool:
        return self.host is not None and LOOPBACK.fullmatch(self.host) is not None

    @property
    def is_ipv4_only(self) -> bool:
        return self.host is not None and re.fullmatch(r"[\d.]+", self.host) is not None


def addresses(container: Container, setup: Setup) -> tuple[Address, ...]:
    """Of all web servers that the container's command starts; sockets of a file system are left out."""
    return tuple(one for server in servers(container) for one in of_server(server, setup))


def ports_of(container: Container, setup: Setup) -> frozenset[int] | None:
    """All ports that something in the container listens to; None where one of them is not known."""
    found = addresses(container, setup)
    if not found or any(one.port is None for one in found):
        return None
    started = len(container.command.programs)
    return frozenset(one.port for one in found if one.port) if started <= len(found) + 2 else None


def of_server(server: Server, setup: Setup) -> Iterator[Address]:
    match server.name:
        case "gunicorn":
            yield from of_gunicorn(server, setup)
        case "hypercorn":
            given = [one for one in server.options if one.name in ("bind", "insecure-bind", "quic-bind")]
            for one in given:
                yield from of_bind(server, one, one.value)
            if not given and server.option("config") is None:
                yield Address(server, "127.0.0.1", 8000)
        case "waitress-serve":
            yield from of_waitress(server)
        case "fastapi" if "run" not in server.words:
            return
        case "streamlit" if "run" not in server.words:
            return
        case name if name in ASGI:
            yield from of_options(server, setup)


def of_gunicorn(server: Server, setup: Setup) -> Iterator[Address]:
    given = [one for one in server.options if one.name == "bind"]
    for one in given:
        yield from of_bind(server, one, one.value)
    if given:
        return
    stated = gunicorn_value(server, "bind", setup)
    if stated.is_given:
        if stated.option is None or not stated.option.value:
            yield Address(server, None, None, stated.option)
        else:
            yield from of_bind(server, stated.option, stated.option.value)
        return
    port = server.container.variable("PORT")
    if port is None:
        yield Address(server, "127.0.0.1", 8000)
    else:
        yield Address(server, "0.0.0.0", number(port.value))


def of_bind(server: Server, option: Option, text: str) -> Iterator[Address]:
    if text.startswith(("unix:", "fd:", "fd://")):
        return
    value = known(text, server.container)
    if value is None:
        # the host may be plain where the port is not
        host = re.match(r"(?:tcp://)?([\w.\[\]]+|\[[\da-f:]*\]):\$", text)
        yield Address(server, host[1] if host else None, None, option)
        return
    found = BIND.fullmatch(value)
    if found is not None:
        yield Address(server, found["host"] or "", int(found["port"]) if found["port"] else 8000, option)


def of_waitress(server: Server) -> Iterator[Address]:
    listen = server.option("listen")
    if listen is not None:
        for part in listen.value.replace("*", "0.0.0.0").split():
            yield from of_bind(server, listen, part)
    elif server.option("unix-socket") is None:
        host, port = server.option("host"), server.option("port")
        yield Address(
            server,
            known(host.value, server.container) if host else "0.0.0.0",
            number(known(port.value, server.container)) if port else 8080,
            host,
        )


def of_options(server: Server, setup: Setup) -> Iterator[Address]:
    host, port, host_variable, port_variable = ASGI[server.name]
    if server.option("uds", "fd", "unix_socket", "u", "endpoint", "e") is not None:
        return
    container = server.container
    host_option = server.option(*HOST_OPTIONS.get(server.name, ("host",)))
    port_option = server.option(*PORT_OPTIONS.get(server.name, ("port",)))
    given_host, given_port = (container.variable(one) for one in (host_variable, port_variable))
    found_host: str | None = host
    found_port: int | None = port
    if host_option is not None:
        found_host = known(host_option.value, container)
    elif given_host is not None:
        found_host = given_host.value if given_host.value and "$" not in given_host.value else None
    if port_option is not None:
        found_port = number(known(port_option.value, container))
    elif given_port is not None:
        found_port = number(given_port.value)
    if server.name == "streamlit" and setup.project.files("**/.streamlit/config.toml"):
        found_host = found_host if host_option is not None else None
        found_port = found_port if port_option is not None else None
    yield Address(server, found_host, found_port, host_option)


def listening_ports(container: Container, setup: Setup) -> frozenset[int] | None:
    """Of its servers; None where that cannot be told."""
    found = ports_of(container, setup)
    elsewhere = container.node.get("envFrom") or container.node.get("environmentFiles")
    if found and elsewhere:
        options = [one.option for one in addresses(container, setup)]
        if any(option is None or "$" in option.value for option in options):
            return None
    return found or None
