"""Which services of a compose file are this app, which of them answers requests, which are something else."""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from okamochi.containerfiles.compose_forms import Build, strings
from okamochi.containerfiles.dockerfile import Stage, dockerfile_stages, shipped
from okamochi.detect.adoption.commands import SERVER, is_worker, started_by, started_of
from okamochi.detect.adoption.stages import is_of_python
from okamochi.detect.services.kinds import kind_of_image
from okamochi.model.backing_service import BackingService
from okamochi.model.plan import Plan
from okamochi.oci.reference import bare_name
from okamochi.system.project_files import ProjectFiles

__all__ = ["roles_of", "served_by_plan"]

Service = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Roles:
    """`own` are names of services that run this app, `web` the one of them that answers requests; "" when
    none plainly does. `others` are built from something else. `started` is what their images start."""

    own: frozenset[str]
    web: str
    others: Mapping[str, str]
    started: Mapping[str, str]


def roles_of(
    project: ProjectFiles,
    path: str,
    services: Mapping[str, Service],
    dockerfile: str,
    started: str,
    plan: Plan,
) -> Roles:
    """`dockerfile` is the one that is adopted, "" for none; `started` is what it starts."""
    sources = {
        name: build_in(path, service).dockerfile for name, service in services.items() if "build" in service
    }
    own = {
        name
        for name, source in sources.items()
        if not dockerfile or source == dockerfile or not project.exists(source)
    }
    contexts = {build_in(path, services[name]).context for name in own} or {build_in(path, {}).context}
    beside = {
        name: stage
        for name, source in sources.items()
        if name not in own and build_in(path, services[name]).context in contexts
        if (stage := python_stage(project, source)) is not None
    }
    if not sources:
        own |= {name for name, one in services.items() if may_be_own(one, plan)}
    images = {str(services[name].get("image") or "") for name in own} - {""}
    own |= {name for name, one in services.items() if str(one.get("image") or "") in images}
    commands = {**dict.fromkeys(own, started), **{name: started_by(one)[0] for name, one in beside.items()}}
    web = web_of(project, services, own, started, plan)
    others = {name: source for name, source in sources.items() if name not in own and name not in beside}
    return Roles(frozenset((*own, *beside)), web, others, commands)


def python_stage(project: ProjectFiles, source: str) -> Stage | None:
    """What another Dockerfile ships, where that is Python: a worker with an image of its own."""
    stages = dockerfile_stages(project.read_text(source) or "")
    final = shipped(stages) if stages else None
    return final if final is not None and is_of_python(final) else None


def may_be_own(service: Service, plan: Plan) -> bool:
    """Whether its image may be this app's: by its name, or because variables name it."""
    image = str(service.get("image") or "")
    return image_name(service) == plan.name or (image.startswith("$") and kind_of_image(image) is None)


def build_in(path: str, service: Service) -> Build:
    """As seen from the project, of a service of the compose file `path`."""
    return Build.of(service.get("build") or ".").below(posixpath.dirname(path))


def web_of(
    project: ProjectFiles, services: Mapping[str, Service], own: set[str], started: str, plan: Plan
) -> str:
    """One that serves and is published, else one that serves, else one that is published."""
    found = [name for name in services if name in own and not is_worker(services[name], plan)]
    serving = [name for name in found if serves(project, services[name], started)]
    published = [name for name in found if strings(services[name].get("ports"))]
    both = [name for name in serving if name in published]
    return next(iter((*both, *serving, *published)), "")


def image_name(service: Service) -> str:
    return bare_name(str(service.get("image") or ""))


def serves(project: ProjectFiles, service: Service, started: str) -> bool:
    """Whether it starts what the image starts, or a server; by a script of the project as well."""
    text = started_of(service)
    if not text or text == started:
        return True
    scripts = re.findall(r"[\w./-]+\.sh\b", text)
    named = (path for one in scripts for path in project.files(f"**/{posixpath.basename(one)}"))
    texts = (text, *(project.read_text(path) or "" for path in named))
    return any(SERVER.search(one) for one in texts)


def served_by_plan(name: str, image: str, plan: Plan) -> BackingService | None:
    """The plan's service of that name, else the only one of that kind."""
    known = {one.name: one for one in (*plan.services, *plan.development_services)}
    if name in known:
        return known[name]
    kind = kind_of_image(image)
    same = [one for one in plan.services if kind is not None and one.kind is kind.kind]
    return same[0] if len(same) == 1 else None
