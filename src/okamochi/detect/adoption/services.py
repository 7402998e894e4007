"""Of a compose file's services: ports, data, first data, and keys that no other row tells of."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from okamochi.containerfiles.compose_forms import pairs, strings
from okamochi.detect.adoption.commands import words_of
from okamochi.detect.adoption.rows import Row, Verdict
from okamochi.detect.files.built_services import INITIAL_FOLDER
from okamochi.detect.files.compose_files import by_default
from okamochi.model.backing_service import BackingService
from okamochi.model.plan import Plan
from okamochi.system.tables import table_of

__all__ = ["OUTSIDE", "data_rows", "key_rows", "published_rows", "served_rows"]

# the topic of a row that counts more than what the container listens on
OUTSIDE = "published port"
PUBLISHED = re.compile(
    r"(?:(?P<address>\d+\.\d+\.\d+\.\d+|\[[\da-f:]+\]):)?(?:(?P<out>\d+):)?(?P<within>\d+)(?:/\w+)?"
)
# told by other rows
COMPARED = frozenset(
    {"build", "image", "ports", "environment", "healthcheck", "volumes", "mem_limit", "cpus", "command"}
    | {"entrypoint", "stop_signal", "env_file", "depends_on", "container_name", "links", "expose", "hostname"}
    | {"tty", "stdin_open", "deploy"}
)
# users, passwords and databases that the plan makes up
MADE_BY_PLAN = re.compile(
    r"(?:POSTGRES|MYSQL|MARIADB|MONGO_INITDB|RABBITMQ_DEFAULT)_(?:ROOT_)?(?:USER|USERNAME|PASSWORD|PASS|DB|DATABASE)(?:_FILE)?"
)
# compose.yaml says these for every service
OWN = frozenset(
    {"read_only", "networks", "restart", "cap_drop", "cap_add", "security_opt", "logging", "init", "user"}
    | {"stop_grace_period", "pids_limit", "working_dir", "pull_policy", "tmpfs", "reservations"}
)


def published_rows(
    name: str, service: Mapping[str, Any], place_of: Callable[[str], str], plan: Plan
) -> Iterator[Row]:
    """Where the app is reached from outside: to whom, and at which port where that is not the container's."""
    for port in strings(service.get("ports")):
        found = PUBLISHED.fullmatch(port)
        if found is None:
            continue
        place, ours = place_of(port), f"127.0.0.1:{plan.web.port}"
        if found["address"] in (None, "0.0.0.0"):
            why = "past the firewall; --domain puts a proxy in front, OKAMOCHI_ADDRESS=0.0.0.0 opens it"
            here = "to this machine alone (127.0.0.1)"
            yield Row(Verdict.CHANGE, f"{name}: ports", place, f"publishes {port} to everybody", here, why)
        outside = int(found["out"] or 0)
        if outside < 1024 or found["out"] == found["within"]:
            continue
        if outside == plan.web.port:
            yield Row(Verdict.SAME, OUTSIDE, place, f"publishes {outside}", ours)
        else:
            why = "where people find it; inside the container the port is the same here"
            yield Row(Verdict.ADOPT, OUTSIDE, place, f"publishes {outside}", ours, why, ("port", outside))


def data_rows(
    name: str, service: Mapping[str, Any], place_of: Callable[[str], str], ours: BackingService
) -> Iterator[Row]:
    """What a database begins with."""
    for mount in strings(service.get("volumes")):
        source, _, target = mount.partition(":")
        target = target.partition(":")[0]
        path = source.removeprefix("./").rstrip("/")
        if target.startswith(INITIAL_FOLDER):
            kept = [one for one in ours.initial_files if one == path or one.startswith(f"{path}/")]
            if kept:
                yield Row(
                    Verdict.SAME,
                    f"{name}: first data",
                    place_of(mount),
                    source,
                    "run once, on an empty volume",
                )
            else:
                why = "no such file is in the project: Docker would make an empty folder of that name"
                yield Row(Verdict.CHANGE, f"{name}: first data", place_of(mount), source, "left out", why)
        elif ours.volume_path and re.match(r"[\w.-]+$", source) and target.startswith("/"):
            why = "begins empty: docs/rendered-files.md says how to bring the old data along"
            yield Row(
                Verdict.CHANGE,
                f"{name}: data",
                place_of(mount),
                mount,
                f"{ours.name}-data, a volume of its own",
                why,
            )


def served_rows(
    name: str, service: Mapping[str, Any], placed: Callable[[str], str], ours: BackingService
) -> Iterator[Row]:
    """Of a service that the plan starts itself: what is not taken over."""
    image = str(service.get("image") or "")
    place = placed("image:")
    if by_default(image) == ours.image:
        yield Row(Verdict.SAME, f"service {name}", place, image, ours.image)
    else:
        theirs, shown = image or "built here", f"{ours.name}: {ours.image}"
        why = f'the setting services starts another: {{ {ours.name} = "IMAGE" }}'
        yield Row(Verdict.CHANGE, f"service {name}", place, theirs, shown, why)
    ports = strings(service.get("ports"))
    if ports:
        why = f"the setting expose leads a port of this machine to it: {{ {ours.name} = {ours.port} }}"
        theirs, shown = ", ".join(ports), "reached by the app alone"
        yield Row(Verdict.CHANGE, f"{name}: ports", placed(ports[0]), theirs, shown, why)
    names = [key for key, _ in pairs(service.get("environment")) if not MADE_BY_PLAN.fullmatch(key)]
    if names:
        why = "variables of that image; write them into the rendered compose.yaml, edits stay"
        shown = ", ".join(names[:4]) + (" …" if len(names) > 4 else "")
        yield Row(Verdict.CHANGE, f"{name}: variables", placed(names[0]), shown, "not taken over", why)
    if len(words_of(service.get("command")).split()) > 1:
        why = "options of that image; write them into the rendered compose.yaml, edits stay"
        shown = words_of(service["command"])
        yield Row(Verdict.CHANGE, f"{name}: command", placed("command:"), shown[:100], "not taken over", why)


def key_rows(name: str, service: Mapping[str, Any], place_of: Callable[[str], str]) -> Iterator[Row]:
    """So that nothing of a service that is built here is lost in silence."""
    keys = [str(key) for key in service if str(key) not in COMPARED and not str(key).startswith("x-")]
    deploy = table_of(service, "deploy")
    keys += [str(key) for key in deploy if key != "resources"]
    keys += [str(key) for key in table_of(deploy, "resources") if key != "limits"]
    own = [key for key in keys if key in OWN]
    others = [key for key in keys if key not in OWN]
    topic = f"{name}: other keys"
    if own:
        yield Row(Verdict.SAME, topic, place_of(f"{own[0]}:"), ", ".join(own), "compose.yaml has its own")
    if others:
        why = "nothing of the plan stands for it; write it into the rendered compose.yaml, edits stay"
        yield Row(Verdict.CHANGE, topic, place_of(f"{others[0]}:"), ", ".join(others), "not taken over", why)
