"""The request that tells whether the app lives: a health route of its own, else any HTTP answer."""

import ast
import re

import msgspec

from okamochi.detect.base import Detected
from okamochi.detect.chosen_settings import ChosenSettings
from okamochi.detect.serving.routes import Route, routes
from okamochi.detect.source.flask_objects import FlaskObjects
from okamochi.detect.source.reachable import Reached
from okamochi.errors import UsageError
from okamochi.model.evidence import Decision, Evidence, Origin
from okamochi.model.process import HttpProbe, Probe, TcpProbe, request_path
from okamochi.system.patterns import regex
from okamochi.system.words import counted, word_tuple

__all__ = ["choose_probe", "rank"]

FIELD = "processes.web.probe"
NAMES = word_tuple(
    "healthz health livez live alive ping _health healthcheck health-check health_check health/live "
    "healthz/live health/ready __health__ __heartbeat__ heartbeat lbheartbeat up _ping _status status "
    "api/health api/healthz api/ping api/status api/v1/health api/v1/healthz api/v1/ping v1/health "
    "api/healthcheck monitoring/health"
)
ENDS = regex(r".*/(healthz?|livez|healthcheck|ping)")
LOADED_BY_NAME = regex(
    r"\b(import_module|import_string|find_modules|__import__|iter_modules|walk_packages)\("
)


class ChosenProbe(msgspec.Struct, frozen=True):
    """`no_route`: none of the project's routes is in what the server's object loads."""

    probe: Probe
    decisions: tuple[Decision, ...]
    no_route: bool = False


def choose_probe(
    objects: FlaskObjects,
    reached: Reached,
    chosen: ChosenSettings,
    *,
    own: HttpProbe | None = None,
    host: str = "",
) -> ChosenProbe:
    """The setting's path; else the framework's `own` health page; else the best open health route
    of modules that the app loads; else any answer."""
    said, host_why = _host(objects, reached, chosen)
    host = said or host
    if chosen.settings.health is not None:
        return _wanted(chosen.settings.health, host, chosen)
    if own is not None:
        why = Evidence(path="", reason="the framework's own health page")
        return ChosenProbe(own, (_decision(f"health: GET {own.path}", Origin.DETECTED, (why,)),))
    everywhere = routes(objects)
    found = [one for one in everywhere if one.first.path in reached.paths]
    health = sorted((one for one in found if rank(one.value.path) >= 0), key=_order)
    usable = [one for one in health if not one.value.guard]
    if everywhere and not found and not _loads_by_name(objects, reached):
        return ChosenProbe(TcpProbe(host=host), (_nothing_served(everywhere),), no_route=True)
    if not usable:
        return ChosenProbe(TcpProbe(host=host), (_tcp(health, host_why),))
    best = usable[0]
    probe = HttpProbe(path=request_path(best.value.path), host=host)
    summary = f"health: GET {best.value.path}" + (f" with Host {host}" if host else "")
    return ChosenProbe(probe, (_decision(summary, Origin.DETECTED, (*best.evidence, *host_why)),))


def rank(path: str) -> int:
    """Lower is a more usual name of a health route; -1: none at all."""
    name = path.strip("/").lower()
    if "<" in path:
        return -1
    if name in NAMES:
        return NAMES.index(name)
    return len(NAMES) if ENDS.fullmatch(path.rstrip("/").lower()) else -1


def _order(found: Detected[Route]) -> tuple[int, str, str, int]:
    return (rank(found.value.path), found.value.path, found.first.path, found.first.line)


def _wanted(text: str, host: str, chosen: ChosenSettings) -> ChosenProbe:
    place = (chosen.place("health"),)
    if text == "tcp":
        decision = _decision("health: any HTTP answer on the port", chosen.origin("health"), place)
        return ChosenProbe(TcpProbe(host=host), (decision,))
    if not text.startswith("/") or not text.isprintable() or " " in text:
        raise UsageError(
            f"the setting health is neither a URL path nor tcp: {text!r}",
            where=chosen.where("health"),
            hint='write a path that answers without login, such as "/healthz", or "tcp"',
        )
    probe = HttpProbe(path=request_path(text), host=host)
    return ChosenProbe(probe, (_decision(f"health: GET {text}", chosen.origin("health"), place),))


def _host(
    objects: FlaskObjects, reached: Reached, chosen: ChosenSettings
) -> tuple[str, tuple[Evidence, ...]]:
    """The Host header that the app insists on: the setting's, else a literal SERVER_NAME."""
    if chosen.settings.health_host is not None:
        return chosen.settings.health_host, (chosen.place("health-host"),)
    for path in reached.paths:
        module = objects.sources.module(path)
        if "SERVER_NAME" not in module.text:
            continue
        for node in module.nodes:
            name, line = _server_name(node)
            if name and not re.search(r"local|127\.0\.0\.1|test", name):
                return name, (Evidence(path=path, line=line, reason=f"SERVER_NAME is {name}"),)
    return "", ()


def _server_name(node: ast.AST) -> tuple[str, int]:
    match node:
        case ast.Assign(targets=[ast.Name(id="SERVER_NAME")], value=ast.Constant(value=str(name))):
            return name, node.lineno
        case ast.Assign(
            targets=[ast.Subscript(slice=ast.Constant(value="SERVER_NAME"))],
            value=ast.Constant(value=str(name)),
        ):
            return name, node.lineno
        case _:
            return "", 0


def _loads_by_name(objects: FlaskObjects, reached: Reached) -> bool:
    """Modules whose names are computed may bring routes that cannot be followed."""
    return any(LOADED_BY_NAME.search(objects.sources.text(path)) for path in reached.paths)


def _nothing_served(everywhere: tuple[Detected[Route], ...]) -> Decision:
    first = everywhere[0].first
    reason = f"{everywhere[0].first.reason}, in a module that the server's object does not load"
    summary = (
        "health: any HTTP answer on the port. "
        f"Warning: the server loads none of the project's {counted(len(everywhere), 'route')}; "
        "if the app is put together by a script of its own, name a function that returns it (entrypoint)"
    )
    evidence = Evidence(path=first.path, line=first.line, reason=reason)
    return _decision(summary, Origin.DETECTED, (evidence,))


def _tcp(health: list[Detected[Route]], host_why: tuple[Evidence, ...]) -> Decision:
    if health:
        evidence = tuple(
            Evidence(
                path=one.first.path,
                line=one.first.line,
                reason=f"{one.value.path} asks for {one.value.guard}",
            )
            for one in health
        )
        summary = "health: any HTTP answer on the port; the health route is not open to everybody"
        return _decision(summary, Origin.DETECTED, (*evidence, *host_why))
    reason = "no route is a health route (/healthz, /health, /livez, /ping, ...)"
    why = (Evidence(path="", reason=reason), *host_why)
    return _decision("health: any HTTP answer on the port", Origin.DEFAULT, why)


def _decision(summary: str, origin: Origin, evidence: tuple[Evidence, ...]) -> Decision:
    return Decision(field=FIELD, summary=summary, origin=origin, evidence=evidence)
