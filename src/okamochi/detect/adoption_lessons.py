"""What a Dockerfile or compose file does that the plan does otherwise, and why: one rule a function."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from okamochi.detect.adoption_commands import dockerfile_commands
from okamochi.detect.adoption_rows import Row, Verdict
from okamochi.detect.adoption_stages import PYTHON_BASE, asset_rows, other_stages
from okamochi.detect.dockerfile_lines import Instruction, Stage, shipped
from okamochi.model.plan import Plan

__all__ = ["UNCHECKED", "compose_lessons", "dockerfile_lessons", "pairs", "strings"]

UNCHECKED = "no health check"
OLD_SUITE = re.compile(r"[:-](?:jessie|stretch|buster)\b")
COMPILERS = re.compile(r"\b(build-essential|gcc|g\+\+|make|[\w.+]+-dev)\b")
DEBUG = re.compile(r"\bFLASK_DEBUG[ =](?!0\b|false\b)\S", re.IGNORECASE)
DEBUGGER = "whoever reaches the debugger runs code"
PASSWORD = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|_PASS$", re.IGNORECASE)


def dockerfile_lessons(path: str, stages: tuple[Stage, ...], plan: Plan) -> Iterator[Row]:
    final, last = shipped(stages), stages[-1]

    def row(one: Instruction | None, topic: str, theirs: str, ours: str, why: str) -> Row:
        place = f"{path}:{one.line}" if one is not None else path
        return Row(Verdict.CHANGE, topic, place, theirs, ours, why)

    if final is not last:
        yield row(
            last.all("FROM")[-1],
            "last stage",
            f"docker build makes the stage {last.name or 'that comes last'}",
            "production comes last",
            "whoever forgets --target would ship the development image",
        )
    base = final.all("FROM")[0]
    ours = f"Python {plan.python_version} on {plan.base.suite}, in the lock by digest"
    if PYTHON_BASE.match(final.base) is None:
        why = "what it starts and sets by itself is not in any file here; the plan says all of it"
        yield row(base, "base", f"FROM {final.base}", ours, why)
    elif OLD_SUITE.search(final.base):
        why = "that Debian has no security updates any more, and its archive has moved"
        yield row(base, "base", f"FROM {final.base}", ours, why)
    elif not re.search(r":.*\d|@|\$", final.base):
        yield row(
            base,
            "base",
            f"FROM {final.base}",
            ours,
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
    yield from dockerfile_commands(path, final, plan)
    yield from asset_rows(row, stages, final)
    yield from run_lessons(row, final)
    yield from copied_packages(row, stages, final)
    check = final.last("HEALTHCHECK")
    if check is None:
        yield row(
            None,
            "health",
            UNCHECKED,
            "GET by Python itself, every 30 s",
            "nobody would notice a server that hangs",
        )
    elif not check.argv and re.search(r"<\s*http\S*>|\shttps?:\S*>", check.rest):
        yield row(
            check,
            "health",
            "an address between < and >",
            "asks by Python's standard library",
            "the shell takes both for files: the check fails each time",
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
        if DEBUG.search(one.rest):
            yield row(one, "FLASK_DEBUG", "sets FLASK_DEBUG", "okamochi dev sets it", DEBUGGER)


def copied_packages(row: Any, stages: tuple[Stage, ...], final: Stage) -> Iterator[Row]:
    """Of a stage that installs, and what of it is copied."""
    for one in final.all("COPY"):
        found = re.search(r"--from=(\S+)", one.rest)
        maker = next((stage for stage in stages if found and stage.name == found[1].lower()), None)
        if maker is not None and maker.name not in other_stages(stages):
            yield from (line for line in run_lessons(row, maker) if line.topic == "dependencies")
        if "/root/.local" in one.rest:
            why = "root's home is closed to everybody else: the app could run as root only"
            yield row(one, "packages' place", "/root/.local", "/opt/venv", why)
        elif "site-packages" in one.rest:
            why = "scripts that nobody lists are left behind, and the path holds Python's version"
            yield row(
                one, "packages' place", "site-packages, and scripts one by one", "/opt/venv, whole", why
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
        if re.search(r"\bsetcap\s+-r\b", one.rest):
            yield row(
                one,
                "setcap",
                "takes capabilities from a file",
                "cap_drop: [ALL] in compose.yaml",
                "what a container may do is said when it starts; a file in the image has no part in it",
            )
        elif "setcap" in one.rest:
            yield row(
                one,
                "setcap",
                "gives capabilities away",
                "a port above 1024",
                "no capability is needed, and no-new-privileges would refuse it",
            )
        if re.search(r"\]\(https?://", one.rest):
            yield row(
                one,
                "Markdown",
                "a link as in a Markdown text",
                "no such step",
                "the shell stops at the bracket: copied from a page, whose text it became a part of",
            )
        if re.search(r"chown -R\s+\S+\s+(?:/app|/srv|/code|/workspace|\.)/?(?:\s|$)", one.rest):
            yield row(
                one,
                "owner",
                "the app owns its code",
                "code is root's, folders that the app writes belong to it",
                "who breaks in could change it; and the layer holds every file twice",
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
            if key == "FLASK_DEBUG" and value not in ("", "0", "false"):
                yield row(key, f"{name}: {key}", f"sets {key}", "okamochi dev sets it", DEBUGGER)
            if key == "FLASK_ENV":
                yield row(
                    key, f"{name}: FLASK_ENV", "sets FLASK_ENV", "not set", "Flask has not read it since 2.3"
                )
        build = service.get("build")
        target = str(build.get("target", "")) if isinstance(build, dict) else ""
        if re.search(r"dev|debug|test", target, re.IGNORECASE):
            yield row(
                "target:",
                f"{name}: target",
                f"starts the stage {target}",
                "production; compose.dev.yaml starts development",
                "what is tried out is then not what is shipped",
            )
        if is_app and service.get("env_file"):
            yield row(
                "env_file",
                f"{name}: env_file",
                "hands over a whole file",
                "by name, what the code reads",
                "every password in it shows in docker inspect, also those that the app never reads",
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
