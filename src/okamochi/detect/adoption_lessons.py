"""What a Dockerfile or compose file does that the plan does otherwise, and why: one rule a function."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from okamochi.detect.adoption_commands import dockerfile_commands
from okamochi.detect.adoption_rows import Row, Verdict
from okamochi.detect.dockerfile_lines import Instruction, Stage
from okamochi.model.plan import Plan

__all__ = ["UNCHECKED", "compose_lessons", "dockerfile_lessons", "other_stages", "pairs", "strings"]

PYTHON_BASE = re.compile(r"(?:[\w.-]+(?::\d+)?/)*python(?::|@|$)|\$")
UNCHECKED = "no health check"
OLD_SUITE = re.compile(r"[:-](?:jessie|stretch|buster)\b")
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
    check = final.last("HEALTHCHECK")
    if check is None:
        yield row(
            None,
            "health",
            UNCHECKED,
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


def other_stages(stages: tuple[Stage, ...]) -> frozenset[str]:
    """Names of the stages whose base is neither Python's nor that of what is shipped."""
    return frozenset(
        one.name
        for one in stages
        if one.name and not PYTHON_BASE.match(one.base) and one.base != stages[-1].base
    )


def asset_rows(row: Any, stages: tuple[Stage, ...], final: Stage) -> Iterator[Row]:
    """What another stage makes that is no Python: okamochi packs what lies in the folder, and builds none."""
    for one in final.all("COPY"):
        found = re.search(r"--from=(\S+)", one.rest)
        made = next((stage for stage in stages if found and stage.name == found[1].lower()), None)
        if made is None or made.name not in other_stages(stages):
            continue
        yield row(
            one,
            "assets",
            f"copies what the stage {made.name} makes ({made.base})",
            "what lies in the folder is packed",
            "run that build before okamochi's, into a folder that .gitignore does not name",
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
