"""compose.engine.yaml: what an engine does otherwise than docker, as an override of compose.yaml.

It belongs to one machine, so it is rendered for nobody to own."""

from collections.abc import Collection

from okamochi.model.plan import Plan
from okamochi.model.process import ProcessType
from okamochi.render.compose_secrets import maker_name
from okamochi.render.rendering import RenderedFile
from okamochi.render.yaml_text import Yaml, yaml_text

__all__ = ["COMPOSE_ENGINE", "render_compose_engine"]

COMPOSE_ENGINE = "compose.engine.yaml"
HEAD = "Written by okamochi for the engine of this machine, which is started with it after compose.yaml."
RESTART = "unless-stopped"
"""What compose.yaml says."""
# In the Compose specification 0 is no limit, and of processes -1.
NO_LIMIT: dict[str, dict[str, dict[str, Yaml]]] = {
    "memory": {"limits": {"memory": "0"}, "reservations": {"memory": "0"}},
    "cpu": {"limits": {"cpus": "0"}},
    "pids": {"limits": {"pids": -1}},
}


def render_compose_engine(
    plan: Plan,
    *,
    at_the_desk: bool = False,
    unlimited: Collection[str] = (),
    labelled: bool = False,
    own_user: bool = False,
    closed: Collection[str] = (),
    restart: str = RESTART,
) -> RenderedFile | None:
    """None where nothing is otherwise. `at_the_desk`: compose.dev.yaml is read, too. `unlimited` are
    "memory", "cpu" and "pids"; `labelled`: SELinux keeps containers from files of the host, whose labels
    are not ours to change; `own_user`: the processes have the source of somebody whom the engine knows as
    another number. `closed` are folders that the engine would let the processes write. `restart` is its
    policy for what stays."""
    everything = {**no_limits(unlimited), **({"security_opt": ["label=disable"]} if labelled else {})}
    user: dict[str, Yaml] = {"userns_mode": "keep-id"} if own_user else {}
    user |= closed_folders(plan, closed)
    policy: dict[str, Yaml] = {"restart": restart} if restart != RESTART else {}
    processes = {one.name for one in plan.processes}
    end = {maker_name(plan), *(one.name for one in plan.processes if one.type is ProcessType.RELEASE)}
    services: dict[str, Yaml] = {
        name: {**everything, **(user if name in processes else {}), **({} if name in end else policy)}
        for name in names_of(plan, at_the_desk)
    }
    services = {name: one for name, one in services.items() if one}
    if not services:
        return None
    text = yaml_text({"services": services}, head=HEAD)
    return RenderedFile(path=COMPOSE_ENGINE, content=text.encode())


def names_of(plan: Plan, at_the_desk: bool) -> list[str]:
    """Of the services that there are: an override of another one has no image, and Compose refuses all."""
    services = [one.name for one in (*plan.services, *(plan.development_services if at_the_desk else ()))]
    others = ["proxy" if plan.domain else "", maker_name(plan)]
    return [*(one.name for one in plan.processes), *services, *filter(None, others)]


def closed_folders(plan: Plan, closed: Collection[str]) -> dict[str, Yaml]:
    """An empty tmpfs that cannot be written in their place; what is mounted below is not touched."""
    own = {one.path for one in plan.volumes} | {one.path for one in plan.temporary_folders}
    folders: list[Yaml] = [f"{one}:ro,size=64k,mode=755" for one in sorted(closed) if one not in own]
    return {"tmpfs": folders} if folders else {}


def no_limits(unlimited: Collection[str]) -> dict[str, Yaml]:
    resources: dict[str, dict[str, Yaml]] = {}
    for word in sorted(unlimited):
        for kind, values in NO_LIMIT[word].items():
            resources.setdefault(kind, {}).update(values)
    return {"deploy": {"resources": resources}} if resources else {}
