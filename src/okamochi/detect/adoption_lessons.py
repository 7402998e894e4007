"""What a Dockerfile or compose file does that the plan does otherwise, and why: one rule a function."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from okamochi.detect.adoption_rows import Row, Verdict
from okamochi.detect.dockerfile_lines import Instruction, Stage
from okamochi.model.plan import Plan

__all__ = ["compose_lessons", "dockerfile_lessons"]

DEVELOPMENT_SERVER = re.compile(
    r"\bflask\b.*\brun\b|manage\.py.{0,3}\brunserver\b|^\W*(?:python3?|/\S*python3?)\W+[\w/.-]+\.py\b"
    r"|--reload\b|--debug\b"
)
COMPILERS = re.compile(r"\b(build-essential|gcc|g\+\+|make|[\w.+]+-dev)\b")
PASSWORD = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|_PASS$", re.IGNORECASE)


def dockerfile_lessons(path: str, stages: tuple[Stage, ...], plan: Plan) -> Iterator[Row]:
    final = stages[-1]

    def row(one: Instruction | None, topic: str, theirs: str, ours: str, why: str) -> Row:
        place = f"{path}:{one.line}" if one is not None else path
        return Row(Verdict.CHANGE, topic, place, theirs, ours, why)

    if re.search(r"dev|test|debug", final.name) and any("prod" in one.name for one in stages):
        yield row(
            final.all("FROM")[-1],
            "last stage",
            f"docker build makes the stage {final.name}",
            "production comes last",
            "whoever forgets --target would ship the development image",
        )
    base = final.all("FROM")[0]
    if ":" not in final.base or final.base.endswith(":latest"):
        yield row(
            base,
            "base",
            f"FROM {final.base}",
            f"Python {plan.python_version} on {plan.base.suite}, in the lock by digest",
            "a name without a version is another image every few weeks",
        )
    user = final.last("USER")
    if user is None or user.rest.partition(":")[0] in ("root", "0"):
        yield row(
            user,
            "user",
            "runs as root",
            f"USER {plan.security.run_as_user}, files owned by root",
            "a hole in the app would be root's in the container",
        )
    elif not user.rest.partition(":")[0].isdigit():
        yield row(
            user,
            "user",
            f"USER {user.rest}",
            f"USER {plan.security.run_as_user}",
            "Kubernetes can check only a number (runAsNonRoot)",
        )
    yield from command_lessons(row, final, plan)
    yield from run_lessons(row, final)
    check = final.last("HEALTHCHECK")
    if check is None:
        yield row(
            None,
            "health",
            "no health check",
            "GET by Python itself, every 30 s",
            "nobody would notice a server that hangs",
        )
    elif re.search(r"\b(curl|wget)\b", check.rest):
        yield row(
            check,
            "health",
            "asks by curl or wget",
            "asks by Python's standard library",
            "slim images have neither: the container would be unhealthy for ever",
        )
    for one in final.all("ENV"):
        if re.search(r"\bFLASK_ENV\b", one.rest):
            yield row(one, "FLASK_ENV", "sets FLASK_ENV", "not set", "Flask has not read it since 2.3")


def command_lessons(row: Any, final: Stage, plan: Plan) -> Iterator[Row]:
    command = final.last("CMD") or final.last("ENTRYPOINT")
    if command is None:
        return
    text = " ".join(command.argv) or command.rest
    ours = " ".join(plan.web.argv).replace("/opt/venv/bin/", "")
    shown = without_secrets(text)
    if DEVELOPMENT_SERVER.search(text):
        yield row(
            command,
            "command",
            shown,
            ours,
            "the development server: one process, a debugger, no graceful stop",
        )
    elif not command.argv or re.match(r"(?:/bin/)?(?:ba|da)?sh\b", text):
        yield row(
            command,
            "command",
            shown,
            ours,
            "a shell is process 1 and keeps SIGTERM from the server: it is killed after ten seconds",
        )
    if re.search(r"(?:-w|--workers)[ =]\d", text):
        yield row(
            command,
            "workers",
            "a fixed number of workers",
            "from the container's CPU and memory limits",
            "a number that fits a laptop is too many under 0.5 CPU and too few on 8",
        )
    if re.search(r"(?:-b|--bind)[ =](?:127\.0\.0\.1|localhost)", text):
        yield row(
            command,
            "bind",
            "listens on loopback",
            f"0.0.0.0:{plan.web.port}",
            "nothing outside the container would reach it",
        )


def run_lessons(row: Any, final: Stage) -> Iterator[Row]:
    copied_all: Instruction | None = None
    for one in final.instructions:
        if one.word in ("COPY", "ADD") and re.match(r"(?:--\S+ )*\.\/? ", one.rest + " "):
            copied_all = copied_all or one
        if one.word != "RUN":
            continue
        if copied_all is not None and re.search(r"pip3? install|poetry install|uv sync|pipenv", one.rest):
            yield row(
                copied_all,
                "order",
                "copies all code before it installs",
                "dependencies below the code, each group a layer",
                "every edit would install everything again",
            )
            copied_all = None
        if re.search(r"pip3? install", one.rest) and "--require-hashes" not in one.rest:
            yield row(
                one,
                "dependencies",
                "installs what the index has that day",
                "every file by hash, from okamochi.lock",
                "two builds of one commit can differ, and a replaced file goes unnoticed",
            )
        if "apt" in one.rest and (found := COMPILERS.search(one.rest)):
            yield row(
                one,
                "compilers",
                f"installs {found[1]} into what is shipped",
                "compilers in the builder only",
                "hundreds of megabytes that only an attacker uses",
            )
        if "|| true" in one.rest:
            yield row(one, "|| true", "hides failures", "a failing step stops", "a broken image looks whole")
        if "setcap" in one.rest:
            yield row(
                one,
                "setcap",
                "gives capabilities away",
                "a port above 1024",
                "no capability is needed, and no-new-privileges would refuse it",
            )
        if re.search(r"chmod (?:-R )?0?777", one.rest):
            yield row(
                one,
                "permissions",
                "chmod 777",
                "folders that the app writes belong to it",
                "anybody inside could replace the code",
            )


def compose_lessons(path: str, document: Mapping[str, Any], lines: Any, plan: Plan) -> Iterator[Row]:
    def row(needle: str, topic: str, theirs: str, ours: str, why: str) -> Row:
        return Row(Verdict.CHANGE, topic, f"{path}:{lines(needle)}", theirs, ours, why)

    if "version" in document:
        yield row("version", "version", "version:", "not written", "obsolete; Compose warns about it")
    services = document.get("services")
    for name, service in services.items() if isinstance(services, dict) else ():
        if not isinstance(service, dict):
            continue
        for mount in strings(service.get("volumes")):
            if re.match(r"\.\/?:/", mount):
                yield row(
                    mount,
                    f"{name}: source",
                    f"mounts {mount}",
                    "in compose.dev.yaml only",
                    "the built code is hidden: what was tested is not what runs",
                )
        is_app = "build" in service
        for port in strings(service.get("ports")):
            if not is_app and not port.startswith(("127.", "[::1]")):
                yield row(
                    port,
                    f"{name}: ports",
                    f"publishes {port}",
                    "reachable by the app only",
                    "a database on every interface is found within hours; host firewalls do not see it",
                )
        for key, value in pairs(service.get("environment")):
            if PASSWORD.search(key) and value and "$" not in value and not key.endswith("_FILE"):
                yield row(
                    key,
                    f"{name}: {key}",
                    "a secret in the file",
                    "made up once, kept outside, mounted as a file",
                    "it is in version control and in docker inspect",
                )
            if key == "FLASK_ENV":
                yield row(
                    key, f"{name}: FLASK_ENV", "sets FLASK_ENV", "not set", "Flask has not read it since 2.3"
                )
        if isinstance(service.get("depends_on"), list):
            yield row(
                "depends_on",
                f"{name}: depends_on",
                "waits until containers exist",
                "waits until they are healthy",
                "the app starts before the database answers",
            )
        if service.get("container_name"):
            yield row(
                "container_name",
                f"{name}: container_name",
                "a fixed name",
                "named by Compose",
                "two copies, or two stacks, cannot run side by side",
            )
        image = str(service.get("image") or "")
        if image and (":" not in image or image.endswith(":latest")):
            ours = next((one.image for one in plan.services if one.name == name), "a version")
            yield row(
                image,
                f"{name}: image",
                image,
                ours,
                "the next pull may bring a major version that does not read its data",
            )


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


def without_secrets(text: str) -> str:
    return re.sub(r"(?i)((?:password|secret|token|key)\w*[= ])\S+", r"\1…", text)[:100]
