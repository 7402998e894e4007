"""Which files are for developers, which for production, and by what that is told.

Names decide where they say something, then a file's own head, then what stands beside it. A Compose file that
stands alone is judged by what it does: who mounts the source over the image and starts a reloader is at the
desk, unless something in the file is for production."""

import itertools
import posixpath
import re
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from okamochi.audit.containers import Container
from okamochi.audit.servers import is_development_server, servers
from okamochi.audit.setup import Document, TextFile
from okamochi.containerfiles.desk import is_desk_name, is_desk_path, is_production_path, is_staging_path
from okamochi.containerfiles.yaml_nodes import Node
from okamochi.system.patterns import regex

__all__ = ["DEBUG", "ON", "desk_by_itself", "judged_by_neighbours", "judged_by_services", "stands_alone"]

# of a comment: "this file is for the **development** setup"
FOR = r"\bfor\s+(?:the\s+|a\s+)?\W{0,2}(?:local\s+)?"
DESK_HEAD = regex(FOR + r"(?:dev|development|testing|tests)\b")
PRODUCTION_HEAD = regex(FOR + r"(?:production|deployment)\b")
ON = regex(r"1|true|yes|on", re.IGNORECASE)
OFF = regex(r"0|false|no|off", re.IGNORECASE)
DEBUG = regex(r"(?:\w+_)?DEBUG(?:_MODE)?")
STAGE = regex(r"(?:\w+_)?(?:ENV|ENVIRONMENT|STAGE|MODE|SETTINGS_MODULE|CONFIG)")
DESK_VALUE = regex(r"(?:.*\.)?(?:dev\w*|local|test\w*)", re.IGNORECASE)
PRODUCTION_VALUE = regex(r"(?:.*\.)?(?:prod|production|live)(?:config)?", re.IGNORECASE)
RELOADS = regex(r"--reload\b|\bdebugpy\b|\bwatchmedo\b|\bwatchfiles\b|--debug\b")
SERVERS = frozenset(("gunicorn", "uvicorn", "hypercorn", "granian", "uwsgi", "daphne", "waitress-serve"))
PROXY = regex(r"(?:[\w.-]+(?::\d+)?/)*(?:nginx|caddy|traefik|haproxy|certbot)\b.*")


def desk_by_itself(file: TextFile, root: Node) -> str:
    """Why a file is for developers, as far as it says so itself; "" when it does not."""
    if is_desk_path(file.path):
        return "its name says so"
    if head_says(file, DESK_HEAD, "produc"):
        return "its head says so"
    for _, service in root.get("services").pairs:
        listed = service.get("env_file")
        for one in (listed, *listed.items):
            if one.text and is_desk_path(one.text):
                return f"line {one.line} takes {one.text}"
    return ""


def head_says(file: TextFile, wanted: re.Pattern[str], other: str) -> bool:
    """Whether the comment at its head says so, before it speaks of the `other`."""
    head = itertools.takewhile(lambda line: line.startswith(("#", "//")) or not line.strip(), file.lines)
    return wanted.search("\n".join(head).lower().partition(other)[0]) is not None


def judged_by_neighbours(composes: tuple[Document, ...]) -> tuple[Document, ...]:
    """Where a file for production stands by itself (it says where its images come from), those beside it that
    say nothing of production are for the desk."""
    alone = {
        posixpath.dirname(one.path): posixpath.basename(one.path)
        for one in composes
        if is_production_path(one.path) and not is_staging_path(one.path) and stands_alone(one.root)
    }
    return tuple(
        replace(one, desk=True, why=f"{alone[posixpath.dirname(one.path)]} is the one for production")
        if is_undecided(one) and posixpath.dirname(one.path) in alone
        else one
        for one in composes
    )


def is_undecided(one: Document) -> bool:
    return not one.desk and not is_production_path(one.path)


def stands_alone(root: Node) -> bool:
    """Whether it needs no other file below it."""
    return all(service.get("build") or service.get("image") for _, service in root.get("services").pairs)


def judged_by_services(
    composes: tuple[Document, ...], containers: tuple[Container, ...]
) -> tuple[Document, ...]:
    """Of a file that no name and no neighbour judges: those that are alone in their folder."""
    folders = [posixpath.dirname(one.path) for one in composes]
    return tuple(
        judged(one, [each for each in containers if each.path == one.path])
        if is_undecided(one) and folders.count(posixpath.dirname(one.path)) == 1
        else one
        for one in composes
    )


def judged(document: Document, services: Iterable[Container]) -> Document:
    if head_says(document.file, PRODUCTION_HEAD, "develop"):
        return replace(document, why="its head says so")
    services = tuple(services)
    own = [one for one in services if one.own]
    mounted = next((line for one in own for line in source_mounts(one)), 0)
    at_desk = next((sign for one in own for sign in desk_signs(one)), "")
    if not mounted or not at_desk:
        return document
    against = next((sign for one in services for sign in production_signs(one)), "")
    if against:
        return replace(document, why=f"{against}, though line {mounted} mounts the source")
    return replace(document, desk=True, why=f"line {mounted} mounts the source, and {at_desk}")


def source_mounts(container: Container) -> Iterator[int]:
    """Lines on which a folder of the project is mounted, or watched."""
    for one in container.node.get("volumes").items:
        source = one.get("source").text if one.kind == "mapping" else one.text.partition(":")[0]
        if re.fullmatch(r"\.{1,2}(?:/[\w./-]*)?", source) and "." not in posixpath.basename(source).strip(
            "."
        ):
            yield one.line
    if container.node.get("develop", "watch"):
        yield container.node.key("develop").line


def desk_signs(container: Container) -> Iterator[str]:
    """What only a developer starts or sets."""
    place = f"line {container.command.line}" if container.command.path == container.path else container.name
    for server in servers(container):
        if is_development_server(server):
            yield f"{place} starts {' '.join((server.name, *server.words[:1]))}"
        if server.option("reload", "debug"):
            yield f"{place} starts {server.name} with a reloader"
    if found := RELOADS.search(container.command.line_text):
        yield f"{place} starts {found[0].lstrip('-')}"
    if container.stage is not None and is_desk_name(container.stage.name):
        yield f"{container.name} is built from the stage {container.stage.name}"
    for one in container.environment:
        value = one.value or ""
        if (DEBUG.fullmatch(one.name) and ON.fullmatch(value)) or (
            STAGE.fullmatch(one.name) and DESK_VALUE.fullmatch(value)
        ):
            yield f"{one.name} is {value}"


def production_signs(container: Container) -> Iterator[str]:
    """What nobody writes for the desk."""
    if not container.own:
        ports = container.node.get("ports").items
        if PROXY.fullmatch(container.image) and any(
            "443" in (one.text or one.get("target").text) for one in ports
        ):
            yield f"{container.name} serves at port 443"
        return
    for server in servers(container):
        if (
            server.name in SERVERS
            and server.path == container.path
            and not RELOADS.search(container.command.line_text)
        ):
            yield f"line {server.line} starts {server.name} without a reloader"
    for one in container.environment:
        value = one.value or ""
        if one.path == container.path and (
            (DEBUG.fullmatch(one.name) and OFF.fullmatch(value))
            or (STAGE.fullmatch(one.name) and PRODUCTION_VALUE.fullmatch(value))
        ):
            yield f"{one.name} is {value}"
