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
from okamochi.containerfiles.compose_forms import Build
from okamochi.system.patterns import regex

__all__ = ["Passed", "asked_by", "is_proxy", "passed_on"]

CONFIGURATION = regex(r".*\.(?:conf|conf\.template|template|nginx)|(?:.*/)?nginx[\w.-]*")
TARGET = regex(r"(?:https?|uwsgi|grpc)?(?:://)?(?P<host>[\w.-]+)(?::(?P<port>\d+))?(?:/\S*)?")
PARTS = regex(r"[^;{}]+|[;{}]")
COMMENT = regex(r"(?:^|\s)#.*")
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


class Statement(msgspec.Struct, frozen=True):
    """`block` is the name of the upstream around it, "" outside of one."""

    name: str
    value: str
    block: str
    line: int


def passed_on(setup: Setup) -> Iterator[Passed]:
    """Of all configuration files that a service of the project's Compose files gets; hosts that variables
    decide are left out."""
    files = [(file, tuple(statements(file.text))) for file in configurations(setup)]
    upstreams = {one.block for _, told in files for one in told if one.name == "server" and one.block}
    for file, told in files:
        waits = [seconds(one.value) for one in told if one.name == "proxy_read_timeout"]
        for one in told:
            target = TARGET.fullmatch(address_of(one))
            # a server of an upstream is a host, also where the upstream is called like it
            if target is not None and (one.block or target["host"] not in upstreams):
                port = int(target["port"] or 80)
                yield Passed(file.path, one.line, target["host"], port, max([60.0, *waits]))


def address_of(one: Statement) -> str:
    """What it passes on to; "" for other statements, and where a variable decides."""
    if "$" in one.value or not one.value:
        return ""
    if one.name == "server" and one.block:
        return one.value.split()[0]
    return one.value if one.name in ("proxy_pass", "uwsgi_pass") else ""


def configurations(setup: Setup) -> Iterator[TextFile]:
    """Those in folders that a proxy is built from, or that are mounted into it."""
    roots = [root for one in services(setup) if is_proxy(one) for root in sources_of(one, setup)]
    for path in setup.project.files():
        inside = any(path == root or path.startswith(f"{root}/") for root in roots)
        if inside and CONFIGURATION.fullmatch(path):
            text = setup.project.read_text(path)
            if text is not None and re.search(r"\b(?:upstream|(?:proxy|uwsgi)_pass)\s", text):
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
    said = container.node.get("build")
    if said:
        build = Build.of(said.plain())
        own = build.context if build.context != "." else posixpath.dirname(build.dockerfile) or "nginx"
        yield posixpath.normpath(posixpath.join(folder, own))
    for mount in mounts(container, setup):
        if mount.kind == "bind":
            yield posixpath.normpath(posixpath.join(folder, mount.source))


def asked_by(proxy: Container, setup: Setup) -> frozenset[str]:
    """Hosts to which the files of one proxy pass requests on."""
    roots = tuple(sources_of(proxy, setup))
    return frozenset(
        one.host
        for one in passed_on(setup)
        if any(one.path == root or one.path.startswith(f"{root}/") for root in roots)
    )


def statements(text: str) -> Iterator[Statement]:
    """In order, without comments."""
    inside: list[str] = []
    words, start = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        for part in PARTS.findall(COMMENT.sub("", line)):
            if part in ("{", ";", "}"):
                name, _, value = words.strip().partition(" ")
                upstream = next((one.split()[1] for one in inside if re.match(r"upstream\s+\S", one)), "")
                if part == ";" and name:
                    yield Statement(name, value.strip(), upstream, start or number)
                if part == "{":
                    inside.append(words.strip())
                elif part == "}" and inside:
                    inside.pop()
                words, start = "", 0
            else:
                start = start or (number if part.strip() else 0)
                words += f" {part}"


def seconds(text: str) -> float:
    found = SECONDS.fullmatch(text)
    return float(found[1]) * UNITS[found[2] or "s"] if found is not None else 0.0
