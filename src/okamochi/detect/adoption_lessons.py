"""What a Dockerfile does that the plan does otherwise, and why: one rule a function."""

import re
from collections.abc import Iterator

from okamochi.containerfiles.dockerfile import Instruction, Stage, shipped
from okamochi.detect.adoption_commands import dockerfile_commands
from okamochi.detect.adoption_rows import MakeRow, Row, Verdict
from okamochi.detect.adoption_run import run_lessons
from okamochi.detect.adoption_stages import PYTHON_BASE, asset_rows, other_stages, stage_copied
from okamochi.model.plan import Plan

__all__ = ["DEBUGGER", "FLASK_ENV", "UNCHECKED", "dockerfile_lessons"]

UNCHECKED = "no health check"
OLD_SUITE = re.compile(r"[:-](?:jessie|stretch|buster)\b")
DEBUG = re.compile(r"\bFLASK_DEBUG[ =](?!0\b|false\b)\S", re.IGNORECASE)
DEBUGGER = "whoever reaches the debugger runs code"
FLASK_ENV = "Flask has not read it since 2.3"


def dockerfile_lessons(path: str, stages: tuple[Stage, ...], plan: Plan) -> Iterator[Row]:
    final = shipped(stages)

    def row(one: Instruction | None, topic: str, theirs: str, ours: str, why: str) -> Row:
        place = f"{path}:{one.line}" if one is not None else path
        return Row(Verdict.CHANGE, topic, place, theirs, ours, why)

    yield from last_stage(row, stages, final)
    yield from base_lessons(row, final, plan)
    yield from user_lessons(row, final, plan)
    yield from dockerfile_commands(path, final, plan)
    yield from asset_rows(row, stages, final)
    yield from run_lessons(row, final)
    yield from copied_packages(row, stages, final)
    yield from health_lessons(row, final)
    yield from variable_lessons(row, final)


def last_stage(row: MakeRow, stages: tuple[Stage, ...], final: Stage) -> Iterator[Row]:
    last = stages[-1]
    if final is not last:
        yield row(
            last.all("FROM")[-1],
            "last stage",
            f"docker build makes the stage {last.name or 'that comes last'}",
            "production comes last",
            "whoever forgets --target would ship the development image",
        )


def base_lessons(row: MakeRow, final: Stage, plan: Plan) -> Iterator[Row]:
    if PYTHON_BASE.match(final.base) is None:
        why = "what it starts and sets by itself is not in any file here; the plan says all of it"
    elif OLD_SUITE.search(final.base):
        why = "that Debian has no security updates any more, and its archive has moved"
    elif not re.search(r":.*\d|@|\$", final.base):
        why = "a name without a version is another image every few weeks"
    else:
        return
    ours = f"Python {plan.python_version} on {plan.base.suite}, in the lock by digest"
    yield row(final.all("FROM")[0], "base", f"FROM {final.base}", ours, why)


def user_lessons(row: MakeRow, final: Stage, plan: Plan) -> Iterator[Row]:
    user, ours = final.last("USER"), f"USER {plan.security.run_as_user}"
    name = user.rest.partition(":")[0] if user is not None else "root"
    if name in ("root", "0"):
        why = "a hole in the app would be root's in the container"
        yield row(user, "user", "runs as root", f"{ours}, files owned by root", why)
    elif user is not None and not name.isdigit():
        why = "Kubernetes can check only a number (runAsNonRoot)"
        yield row(user, "user", f"USER {user.rest}", ours, why)


def copied_packages(row: MakeRow, stages: tuple[Stage, ...], final: Stage) -> Iterator[Row]:
    """Of a stage that installs, and what of it is copied."""
    for one in final.all("COPY"):
        maker = stage_copied(one, stages)
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


def health_lessons(row: MakeRow, final: Stage) -> Iterator[Row]:
    check, ours = final.last("HEALTHCHECK"), "asks by Python's standard library"
    if check is None:
        why = "nobody would notice a server that hangs"
        yield row(None, "health", UNCHECKED, "GET by Python itself, every 30 s", why)
    elif not check.argv and re.search(r"<\s*http\S*>|\shttps?:\S*>", check.rest):
        why = "the shell takes both for files: the check fails each time"
        yield row(check, "health", "an address between < and >", ours, why)
    elif re.search(r"\b(curl|wget)\b", check.rest):
        why = "slim images have neither: the container would be unhealthy for ever"
        yield row(check, "health", "asks by curl or wget", ours, why)


def variable_lessons(row: MakeRow, final: Stage) -> Iterator[Row]:
    for one in final.all("ENV"):
        if re.search(r"\bFLASK_ENV\b", one.rest):
            yield row(one, "FLASK_ENV", "sets FLASK_ENV", "not set", FLASK_ENV)
        if DEBUG.search(one.rest):
            yield row(one, "FLASK_DEBUG", "sets FLASK_DEBUG", "okamochi dev sets it", DEBUGGER)
