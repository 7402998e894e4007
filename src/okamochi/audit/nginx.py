"""What nginx is told to pass on, and where to: the project's own configuration files.

https://nginx.org/en/docs/http/ngx_http_proxy_module.html
"""

import posixpath
import re
from collections.abc import Iterator

import msgspec

from okamochi.audit.containers import Container
from okamochi.audit.services import mounts, services
from okamochi.audit.setup import Setup, TextFile
from okamochi.system.patterns import regex

__all__ = ["Passed", "is_proxy", "passed_on"]

CONFIGURATION = regex(r".*\.(?:conf|conf\.template|template|nginx)|(?:.*/)?nginx[\w.-]*")
TARGET = regex(r"(?:https?|uwsgi|grpc)?(?:://)?(?P<host>[\w.-]+)(?::(?P<port>\d+))?(?:/\S*)?")
DIRECTIVE = regex(r"^\s*(?P<name>[\w-]+)\s+(?P<value>[^;{]*)")
UPSTREAM = regex(r"^\s*upstream\s+(?P<name>[\w.-]+)\s*\{?")
SECONDS = regex(r"(\d+)(ms|s|m|h)?")
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
NGINX = regex(r"(?:.*/)?(?:nginx|openresty)[\w-]*(?::.*)?")
OTHERS = regex(r"(?:.*/)?(?:traefik|caddy|haproxy|envoy|httpd|jwilder/nginx-proxy|nginx-proxy)[\w-]*(?::.*)?")


class Passed(msgspec.Struct, frozen=True):
    """`host` and `port` are where requests go, an upstream's name replaced by its first server; `line` is
    where the address stands. `timeout_seconds` is the file's own proxy_read_timeout, 60 where it has none."""

    path: str
    line: int
    host: str
    port: int
    timeout_seconds: float


def passed_on(setup: Setup) -> Iterator[Passed]:
    """Of all configuration files that a service of the project's Compose files gets; hosts that variables
    decide are left out."""
    for file in configurations(setup):
        yield from of_file(file)


def configurations(setup: Setup) -> Iterator[TextFile]:
    """Those in folders that a proxy is built from, or that are mounted into it."""
    roots = [root for one in services(setup) if is_proxy(one) for root in sources_of(one, setup)]
    for path in setup.project.files():
        inside = any(path == root or path.startswith(f"{root}/") for root in roots)
        if inside and CONFIGURATION.fullmatch(path):
            text = setup.project.read_text(path)
            if text is not None and re.search(r"^\s*(?:proxy|uwsgi)_pass\s", text, re.MULTILINE):
                yield TextFile(path, text)


def is_proxy(container: Container) -> bool:
    """By its image, or, where it is built, by the name of its folder."""
    image, build = container.image, container.node.get("build")
    if NGINX.fullmatch(image) or OTHERS.fullmatch(image):
        return True
    where = f"{build.get('context').text or build.text} {build.get('dockerfile').text}"
    return container.stage is None and bool(build) and "nginx" in f"{where} {container.name}"


def sources_of(container: Container, setup: Setup) -> Iterator[str]:
    folder = posixpath.dirname(container.path)
    build = container.node.get("build")
    context = build.get("context").text or build.text
    if build and posixpath.normpath(context or ".") != ".":
        yield posixpath.normpath(posixpath.join(folder, context))
    elif build:
        yield posixpath.normpath(
            posixpath.join(folder, posixpath.dirname(build.get("dockerfile").text) or "nginx")
        )
    for mount in mounts(container, setup):
        if mount.kind == "bind":
            yield posixpath.normpath(posixpath.join(folder, mount.source))


def of_file(file: TextFile) -> Iterator[Passed]:
    inside, found = "", list[tuple[int, str, str]]()
    timeout = 60.0
    for number, line in enumerate(file.lines, 1):
        plain = line.partition("#")[0]
        upstream = UPSTREAM.match(plain)
        if upstream is not None:
            inside = upstream["name"]
        directive = DIRECTIVE.match(plain)
        if directive is not None and inside and directive["name"] == "server" and directive["value"].strip():
            found.append((number, inside, directive["value"].split()[0]))
        elif directive is not None and directive["name"] in ("proxy_pass", "uwsgi_pass"):
            found.append((number, "", directive["value"].strip()))
        elif directive is not None and directive["name"] == "proxy_read_timeout":
            timeout = max(timeout, seconds(directive["value"].strip()))
        if "}" in plain:
            inside = ""
    upstreams = {name for _, name, _ in found if name}
    for number, _, text in found:
        target = TARGET.fullmatch(text)
        if target is not None and target["host"] not in upstreams and "$" not in text:
            yield Passed(file.path, number, target["host"], int(target["port"] or 80), timeout)


def seconds(text: str) -> float:
    found = SECONDS.fullmatch(text)
    return float(found[1]) * UNITS[found[2] or "s"] if found is not None else 0.0
