"""The project's own Dockerfile and compose file beside the plan: what is the same, what is taken over as a
setting, what the plan does otherwise, what it does not take over."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from okamochi.containerfiles.compose_forms import COMPOSE_NAMES, pairs, strings
from okamochi.containerfiles.dockerfile import Stage, dockerfile_stages, shipped
from okamochi.containerfiles.yaml_files import yaml_of
from okamochi.detect.adoption.commands import dockerfile_commands, service_commands, started_by
from okamochi.detect.adoption.files import DEVCONTAINER, devcontainer_rows, other_compose_rows
from okamochi.detect.adoption.limits import limit_rows, unknown_service, volume_rows
from okamochi.detect.adoption.lines import LineOf, line_in, ranges_of_services
from okamochi.detect.adoption.roles import roles_of, served_by_plan
from okamochi.detect.adoption.rows import Row, Verdict
from okamochi.detect.adoption.services import OUTSIDE, data_rows, key_rows, published_rows, served_rows
from okamochi.detect.adoption.stages import asset_rows, other_stages
from okamochi.detect.adoption.steps import step_rows
from okamochi.detect.adoption.variables import given_rows, variable_rows
from okamochi.detect.packages.stated_packages import DOCKERFILES, line_with, of_stage
from okamochi.model.native import IN_BASE, NAMES
from okamochi.model.plan import Plan
from okamochi.model.process import HttpProbe
from okamochi.model.rendered_mark import text_by_people
from okamochi.system.project_files import ProjectFiles
from okamochi.system.tables import table_of

__all__ = ["adopted_settings", "adoption_of"]

# of building, of shells and of health checks, servers of their own; Python itself comes with the base
NOT_RUN_TIME = re.compile(
    r".*-dev(?:-all)?|build-essential|gcc|g\+\+|make|cmake|pkg-config|python3.*|curl|wget|git|vim|nano|sudo|less|procps"
    r"|apt-utils|gnupg2?|lsb-release|ca-certificates|software-properties-common|libcap2-bin|unzip|rustc|cargo"
    r"|netcat.*|iputils-ping|net-tools|dos2unix|gosu|tini|dumb-init|supervisor|locales|cron|nginx|apache2|postgresql(?:-\d+)?"
    r"|(?:mysql|mariadb|default-mysql|redis|openssh)-server|redis|apt-transport-https"
)
BIND = re.compile(r"(?:-b|--bind|--(?:server\.)?port|-p)[ =](?:[\w.:\[\]]*:)?(\d{2,5})\b")
URL_PATH = re.compile(r"(?:https?://)?\b(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::\d+)?(/[\w./-]*)")
# "8000:80", "8000:80/tcp", "${OUT:-8000}:${IN:-80}"
TARGET = re.compile(r":(?:\$\{\w+:?-)?(\d{2,5})\}?(?:/\w+)?$")


@dataclass(frozen=True, slots=True)
class Adoption:
    """`rows` in the order of the files, `paths` those that were looked at; both () when there is none, or
    okamochi wrote them. What is wrong with the files is not said here: rules of okamochi check say it."""

    rows: tuple[Row, ...] = ()
    paths: tuple[str, ...] = ()


def adoption_of(
    project: ProjectFiles, plan: Plan, *, dockerfiles: tuple[str, ...] = (), composes: tuple[str, ...] = ()
) -> Adoption:
    """`dockerfiles` and `composes` are looked at before those with the usual names."""
    rows: list[Row] = []
    paths: list[str] = []
    others: frozenset[str] = frozenset()
    final: Stage | None = None
    for path in dict.fromkeys((*dockerfiles, *DOCKERFILES)):
        text = text_by_people(project, path) if project.exists(path) else None
        stages = dockerfile_stages(text or "")
        if stages:
            others, final = other_stages(stages), shipped(stages)
            rows += of_dockerfile(project, path, stages, plan)
            paths += [path, *(one for one in ignore_files_of(path) if project.exists(one))]
            break
    for path in dict.fromkeys((*composes, *COMPOSE_NAMES)):
        text = text_by_people(project, path) if project.exists(path) else None
        document = parsed(text or "")
        if document and text:
            source = ComposeSource(path, text, without(document, others), paths[0] if paths else "", final)
            rows += [*of_compose(project, source, plan), *other_compose_rows(project, path)]
            paths.append(path)
            break
    if paths and text_by_people(project, DEVCONTAINER):
        rows += devcontainer_rows(project)
        paths.append(DEVCONTAINER)
    return Adoption(settled(rows), tuple(paths))


@dataclass(frozen=True, slots=True)
class ComposeSource:
    """A compose file, and the Dockerfile that is adopted beside it with the stage that is shipped: "" and
    None for none."""

    path: str
    text: str
    document: Mapping[str, Any]
    dockerfile: str
    final: Stage | None

    @property
    def services(self) -> Mapping[str, Mapping[str, Any]]:
        services = table_of(self.document, "services")
        return {str(name): one for name, one in services.items() if isinstance(one, dict)}

    @property
    def started(self) -> str:
        return started_by(self.final)[0] if self.final is not None else ""


def ignore_files_of(path: str) -> tuple[str, str]:
    return ".dockerignore", f"{path}.dockerignore"


def without(document: Mapping[str, Any], stages: frozenset[str]) -> Mapping[str, Any]:
    """No services of stages that are no Python: they make assets."""
    services = document.get("services")
    if not stages or not isinstance(services, dict):
        return document

    def target(service: Any) -> str:
        return str(table_of(service, "build").get("target", "")).lower()

    return {
        **document,
        "services": {name: one for name, one in services.items() if target(one) not in stages},
    }


def settled(rows: list[Row]) -> tuple[Row, ...]:
    """The first that sets something counts; each row once."""
    if any(row.topic == OUTSIDE for row in rows):
        rows = [row for row in rows if row.topic != "port"]
    taken: set[object] = set()
    found: dict[tuple[str, str, str], Row] = {}
    for row in rows:
        key = row.setting[0] if row.setting else None
        if row.setting and key not in ("packages", "env"):
            if key in taken:
                continue
            taken.add(key)
        found.setdefault((row.topic, row.theirs, row.plan), row)
    return tuple(found.values())


def adopted_settings(rows: tuple[Row, ...], plan: Plan) -> dict[str, tuple[object, tuple[str, ...]]]:
    """Each setting with its value, and the places that say so. Packages come on top of the plan's own."""
    found: dict[str, tuple[object, tuple[str, ...]]] = {}
    packages: dict[str, None] = dict.fromkeys(plan.base.packages)
    variables: dict[str, str] = {}
    places: dict[str, list[str]] = {}
    for row in rows:
        if row.setting is None:
            continue
        key, value = row.setting
        places.setdefault(key, []).append(row.place)
        if key == "packages":
            packages[str(value)] = None
        elif key == "env" and isinstance(value, tuple):
            variables.setdefault(*value)
        else:
            found[key] = (value, (row.place,))
    if "packages" in places:
        found["packages"] = (tuple(sorted(packages)), tuple(dict.fromkeys(places["packages"])))
    if "env" in places:
        found["env"] = (dict(sorted(variables.items())), tuple(dict.fromkeys(places["env"])))
    return found


def of_dockerfile(project: ProjectFiles, path: str, stages: tuple[Stage, ...], plan: Plan) -> Iterator[Row]:
    content = project.read_text(path) or ""
    final = shipped(stages)
    first = final.all("FROM")[0]
    version = re.search(r"python:(\d\.\d+)", final.base)
    if version is not None:
        same = version[1] == plan.python_version
        why = "" if same else why_python(plan)
        verdict = Verdict.SAME if same else Verdict.CHANGE
        yield Row(verdict, "python", f"{path}:{first.line}", final.base, f"Python {plan.python_version}", why)
    for one in final.all("EXPOSE"):
        number = next(iter(one.rest.split()), "").partition("/")[0]
        if number.isdigit():
            yield port_row(f"{path}:{one.line}", f"EXPOSE {number}", int(number), plan)
            break
    text, line = started_by(final)
    if bound := BIND.search(text):
        yield port_row(f"{path}:{line}", f"listens on {bound[1]}", int(bound[1]), plan)
    for package, where in of_stage(final):
        yield from package_rows(f"{path}:{line_with(content, package, where)}", package, plan)
    for one in final.all("ENV"):
        for name, value in one.pairs:
            yield from variable_rows(f"{path}:{one.line}", name, value, plan)
    check = final.last("HEALTHCHECK")
    if check is not None:
        yield from health_rows(f"{path}:{check.line}", check.rest, project, plan)
    yield from dockerfile_commands(path, final, plan)
    yield from asset_rows(path, stages, final)
    yield from step_rows(path, stages, final, plan)


def why_python(plan: Plan) -> str:
    decided = next((one for one in plan.decisions if one.field == "python_version"), None)
    reason = decided.summary if decided is not None else f"Python {plan.python_version}"
    return f"{reason}; the setting python asks for another"


def of_compose(project: ProjectFiles, source: ComposeSource, plan: Plan) -> Iterator[Row]:
    path, services = source.path, source.services
    roles = roles_of(project, path, services, source.dockerfile, source.started, plan)
    ranges = ranges_of_services(source.text)
    for name, service in services.items():
        line_of = line_in(source.text, *ranges.get(name, (1, 0)))
        placed = placed_in(path, line_of)
        ours = served_by_plan(name, str(service.get("image") or ""), plan)
        if name in roles.own:
            web = name == roles.web
            image = "" if web else roles.started.get(name, "")
            given = image if image != source.started else ""
            yield from service_commands(path, name, service, line_of, plan, web=web, image=given)
            yield from of_own(project, source, name, line_of, plan, web=web)
        elif ours is not None:
            yield from served_rows(name, service, placed, ours)
            yield from data_rows(name, service, placed, ours)
            yield from key_rows(name, service, placed)
        elif name in roles.others:
            why = "another program than this app: keep it in a compose file of its own, or plan its folder"
            theirs = f"built from {roles.others[name]}"
            yield Row(Verdict.CHANGE, f"service {name}", placed(f"{name}:"), theirs, "not started", why)
        else:
            yield from unknown_service(placed(f"{name}:"), name, service)


def placed_in(path: str, line_of: LineOf) -> Callable[[str], str]:
    return lambda words: f"{path}:{line_of(words)}"


def of_own(
    project: ProjectFiles, source: ComposeSource, name: str, line_of: LineOf, plan: Plan, *, web: bool
) -> Iterator[Row]:
    """Of a service that runs this app, beside what it starts."""
    service, path, placed = source.services[name], source.path, placed_in(source.path, line_of)
    names = frozenset(source.services)
    for key, value in pairs(service.get("environment")):
        yield from variable_rows(placed(key), key, value, plan, services=names - {name})
    yield from given_rows(name, service, placed)
    yield from volume_rows(path, service, line_of, plan)
    yield from key_rows(name, service, placed)
    if not web:
        return
    for port in strings(service.get("ports")):
        if target := TARGET.search(port):
            yield port_row(placed(port), f"ports {port}", int(target[1]), plan)
    yield from published_rows(name, service, placed, plan)
    check = service.get("healthcheck")
    if isinstance(check, dict):
        asked = check.get("test")
        words = " ".join(map(str, asked)) if isinstance(asked, list) else str(asked or "")
        yield from health_rows(placed("healthcheck"), words, project, plan)
    yield from limit_rows(path, service, line_of, plan)


def port_row(place: str, theirs: str, port: int, plan: Plan) -> Row:
    ours = f"port {plan.web.port}"
    if port == plan.web.port:
        return Row(Verdict.SAME, "port", place, theirs, ours)
    if port < 1024:
        return Row(
            Verdict.CHANGE, "port", place, theirs, ours, "below 1024 the server would need a privilege"
        )
    return Row(Verdict.ADOPT, "port", place, theirs, ours, "what comes in front expects it", ("port", port))


def package_rows(place: str, name: str, plan: Plan) -> Iterator[Row]:
    """The lock has judged it where there is one; a package that is there for this file alone has to become a
    setting, for the file may go."""
    added = next((one for one in plan.decisions if one.field == f"base.packages.{name}"), None)
    others = [one for one in added.evidence if not one.reason.startswith(NAMES)] if added is not None else []
    left = reason_against(name, plan)
    if name in plan.base.packages or others:
        yield Row(Verdict.SAME, "package", place, name, name)
    elif added is None and is_unjudged(name, plan):
        why = "okamochi lock looks whether the app can use it; what it can is added, with the reason"
        yield Row(Verdict.CHANGE, "package", place, name, "not judged yet", why)
    elif left == IN_BASE:
        yield Row(Verdict.SAME, "package", place, name, IN_BASE)
    elif added is None and left:
        yield Row(Verdict.CHANGE, "package", place, name, "not in the base", left)
    elif added is not None or NOT_RUN_TIME.fullmatch(name) is None:
        why = "installed where the app runs: a library or program that it may load"
        ours = "there as long as this file names it" if added is not None else "not in the base"
        yield Row(Verdict.ADOPT, "package", place, name, ours, why, ("packages", name))


def is_unjudged(name: str, plan: Plan) -> bool:
    """Whether no lock of this plan is there."""
    waiting = (
        one for decision in plan.decisions if decision.field == "native.needs" for one in decision.evidence
    )
    return any(one.reason == f"{NAMES}{name}" for one in waiting)


def reason_against(name: str, plan: Plan) -> str:
    """Why the lock does not have a package that is named; "" when nothing is said of it."""
    start = f"{NAMES}{name}: "
    found = (one.reason for decision in plan.decisions for one in decision.evidence)
    return next((reason.removeprefix(start) for reason in found if reason.startswith(start)), "")


def health_rows(place: str, words: str, project: ProjectFiles, plan: Plan) -> Iterator[Row]:
    """`words` of the check; where they name a script of the project, what that asks for counts."""
    script = next((one for one in re.findall(r"[\w./-]+\.(?:py|sh)\b", words) if project.exists(one)), "")
    text = (project.read_text(script) or "") if script else ""
    found = URL_PATH.search(words) or URL_PATH.search(text)
    probe = plan.web.probe
    if found is None:
        return
    ours = f"GET {probe.path}" if isinstance(probe, HttpProbe) else "any answer on the port"
    if isinstance(probe, HttpProbe) and probe.path.rstrip("/") == found[1].rstrip("/"):
        yield Row(Verdict.SAME, "health", place, f"GET {found[1]}", ours)
    elif isinstance(probe, HttpProbe) and last_part(probe.path) == last_part(found[1]):
        why = "the route that the code has; the setting health asks another"
        yield Row(Verdict.CHANGE, "health", place, f"GET {found[1]}", ours, why)
    elif found[1] != "/":
        why = "the project's own idea of healthy"
        yield Row(Verdict.ADOPT, "health", place, f"GET {found[1]}", ours, why, ("health", found[1]))
    else:
        why = "a page may redirect, need a login or a database; a health route does not: add one"
        yield Row(Verdict.CHANGE, "health", place, "GET /", ours, why)


def last_part(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def parsed(text: str) -> Mapping[str, Any]:
    return table_of(yaml_of(text))
