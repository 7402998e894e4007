"""What a compose file does that the plan does otherwise, and why: one rule a function."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from okamochi.detect.adoption_lessons import DEBUGGER, FLASK_ENV
from okamochi.detect.adoption_rows import Row, Verdict
from okamochi.model.plan import Plan

__all__ = ["compose_lessons", "pairs", "strings"]

PASSWORD = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|_PASS$", re.IGNORECASE)

# (what the place is found by, topic, theirs, ours, why)
MakeRow = Callable[[str, str, str, str, str], Row]
Service = Mapping[str, Any]


def compose_lessons(path: str, document: Mapping[str, Any], lines: Any, plan: Plan) -> Iterator[Row]:
    def row(needle: str, topic: str, theirs: str, ours: str, why: str) -> Row:
        return Row(Verdict.CHANGE, topic, f"{path}:{lines(needle)}", theirs, ours, why)

    if "version" in document:
        yield row("version", "version", "version:", "not written", "obsolete; Compose warns about it")
    services = document.get("services")
    for name, service in services.items() if isinstance(services, dict) else ():
        if not isinstance(service, dict):
            continue
        yield from mount_lessons(row, name, service)
        if "build" not in service:
            yield from port_lessons(row, name, service)
        for key, value in pairs(service.get("environment")):
            yield from variable_lessons(row, name, key, value)
        yield from build_lessons(row, name, service)
        yield from start_lessons(row, name, service)
        yield from image_lessons(row, name, service, plan)


def mount_lessons(row: MakeRow, name: str, service: Service) -> Iterator[Row]:
    for mount in strings(service.get("volumes")):
        if re.match(r"\.\/?:/", mount):
            why = "the built code is hidden: what was tested is not what runs"
            yield row(mount, f"{name}: source", f"mounts {mount}", "in compose.dev.yaml only", why)


def port_lessons(row: MakeRow, name: str, service: Service) -> Iterator[Row]:
    for port in strings(service.get("ports")):
        if not port.startswith(("127.", "[::1]")):
            why = "a database on every interface is found within hours; host firewalls do not see it"
            yield row(port, f"{name}: ports", f"publishes {port}", "reachable by the app only", why)


def variable_lessons(row: MakeRow, name: str, key: str, value: str) -> Iterator[Row]:
    topic = f"{name}: {key}"
    if PASSWORD.search(key) and value and "$" not in value and not key.endswith("_FILE"):
        ours = "made up once, kept outside, mounted as a file"
        why = "it is in version control and in docker inspect"
        yield row(key, topic, "a secret in the file", ours, why)
    if key == "FLASK_DEBUG" and value not in ("", "0", "false"):
        yield row(key, topic, f"sets {key}", "okamochi dev sets it", DEBUGGER)
    if key == "FLASK_ENV":
        yield row(key, topic, "sets FLASK_ENV", "not set", FLASK_ENV)


def build_lessons(row: MakeRow, name: str, service: Service) -> Iterator[Row]:
    build = service.get("build")
    target = str(build.get("target", "")) if isinstance(build, dict) else ""
    if re.search(r"dev|debug|test", target, re.IGNORECASE):
        theirs, ours = f"starts the stage {target}", "production; compose.dev.yaml starts development"
        yield row("target:", f"{name}: target", theirs, ours, "what is tried out is then not what is shipped")
    if "build" in service and service.get("env_file"):
        theirs, ours = "hands over a whole file", "by name, what the code reads"
        why = "every password in it shows in docker inspect, also those that the app never reads"
        yield row("env_file", f"{name}: env_file", theirs, ours, why)


def start_lessons(row: MakeRow, name: str, service: Service) -> Iterator[Row]:
    if isinstance(service.get("depends_on"), list):
        theirs, ours = "waits until containers exist", "waits until they are healthy"
        why = "the app starts before the database answers"
        yield row("depends_on", f"{name}: depends_on", theirs, ours, why)
    if service.get("container_name"):
        why = "two copies, or two stacks, cannot run side by side"
        yield row("container_name", f"{name}: container_name", "a fixed name", "named by Compose", why)


def image_lessons(row: MakeRow, name: str, service: Service, plan: Plan) -> Iterator[Row]:
    image = str(service.get("image") or "")
    if image and (":" not in image or image.endswith(":latest")):
        ours = next((one.image for one in plan.services if one.name == name), "a version")
        why = "the next pull may bring a major version that does not read its data"
        yield row(image, f"{name}: image", image, ours, why)


def strings(value: Any) -> list[str]:
    """Of short forms and long ones."""
    found = []
    for one in value if isinstance(value, list) else ():
        if isinstance(one, dict):
            found.append(f"{one.get('source', one.get('published', ''))}:{one.get('target', '')}")
        else:
            found.append(str(one))
    return found


def pairs(value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [(str(key), "" if text is None else str(text)) for key, text in value.items()]
    listed = value if isinstance(value, list) else ()
    return [(name, text) for name, _, text in (str(one).partition("=") for one in listed)]
