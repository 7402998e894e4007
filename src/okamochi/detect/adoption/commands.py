"""What a Dockerfile and a compose file start, beside what the plan starts: one rule a function."""

import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from okamochi.containerfiles.dockerfile import Stage
from okamochi.detect.adoption.options import gunicorn_rows, migration_rows
from okamochi.detect.adoption.rows import Row, Verdict
from okamochi.model.plan import Plan
from okamochi.model.process import Process, ProcessType

__all__ = [
    "SERVER",
    "dockerfile_commands",
    "is_worker",
    "service_commands",
    "started_by",
    "started_of",
    "without_secrets",
    "words_of",
]

DEVELOPMENT_SERVER = re.compile(
    r"\bflask\b.*\brun\b|manage\.py.{0,3}\brunserver\b|^\W*(?:python3?|/\S*python3?)\W+(?:-u\W+)?[\w/.-]+\.py\b"
    r"|--reload\b|--debug\b"
)
SERVER = re.compile(
    r"gunicorn|uvicorn|hypercorn|waitress|uwsgi|daphne|granian|runserver|fastapi (?:run|dev)"
    r"|\bflask\b.*\brun\b|\b(?:streamlit|chainlit|shiny|marimo|solara)\b.*\brun\b"
)
SCRIPT = re.compile(r"[\w./-]*(?:\.sh|entry-?point[\w.-]*|start[\w.-]*)", re.IGNORECASE)
SHOWN = 100
OPTION = re.compile(r"(?<!\S)(--?[A-Za-z][\w-]*)(?:[ =](?!-)([^\s\"']+))?")
# which app, how much is said, names of workers
NAMED = re.compile(r"(?:-A|--app|-l|--loglevel|-n|--hostname|-m|-u)\b")


def started_by(stage: Stage) -> tuple[str, int]:
    """The command line of a stage and its line: ENTRYPOINT, then CMD; ("", 0) when the base's own is used."""
    entry, command = stage.last("ENTRYPOINT"), stage.last("CMD")
    words = [" ".join(one.argv) or one.rest for one in (entry, command) if one is not None]
    lines = [one.line for one in (command, entry) if one is not None]
    return " ".join(words), lines[0] if lines else 0


def dockerfile_commands(path: str, stage: Stage, plan: Plan) -> Iterator[Row]:
    text, line = started_by(stage)
    yield from script_rows(path, stage, plan)
    if text:
        yield from server_rows(f"{path}:{line}", "command", text, plan)
    signal = stage.last("STOPSIGNAL")
    if signal is not None:
        yield from signal_rows(f"{path}:{signal.line}", "stop signal", signal.rest, plan)


def script_rows(path: str, stage: Stage, plan: Plan) -> Iterator[Row]:
    """A script before the server: what it does is not in the plan unless a process says so."""
    entry = stage.last("ENTRYPOINT")
    words = (entry.argv or tuple(entry.rest.split())) if entry is not None else ()
    script = next((word for word in words if SCRIPT.fullmatch(word)), "")
    if entry is None or not script:
        return
    releases = [one for one in plan.processes if one.type is ProcessType.RELEASE]
    ours = (
        f"web starts at once; before it, once: {shown_of(releases[0])}" if releases else "web starts at once"
    )
    why = "look into it: what runs at each start runs in every copy; once per release is a release process"
    yield Row(Verdict.CHANGE, "entry point", f"{path}:{entry.line}", f"runs {script} first", ours, why)


def server_rows(place: str, topic: str, text: str, plan: Plan) -> Iterator[Row]:
    yield command_row(place, topic, text, plan)
    yield from migration_rows(place, text, plan)
    yield from gunicorn_rows(place, text, plan)
    if found := re.search(r"(?<!\S)(?:-w|--workers)[ =](\d+|\$\{\S+)", text):
        own = "from the container's CPU and memory limits"
        why = "WEB_CONCURRENCY in env gives a number of one's own"
        yield Row(Verdict.CHANGE, "workers", place, found[1], own, why)


def command_row(place: str, topic: str, text: str, plan: Plan) -> Row:
    """Whether both start the same app."""
    shown, ours, reference = without_secrets(text), shown_of(plan.web), plan.application.object_reference
    if DEVELOPMENT_SERVER.search(text):
        why = "production starts the app by the plan's server; okamochi dev starts the framework's own"
        return Row(Verdict.CHANGE, topic, place, shown, ours, why)
    if reference and reference.removesuffix("()") in text:
        return Row(Verdict.SAME, topic, place, shown, ours)
    why = "what the code shows; the setting entrypoint names another app, a Procfile another command"
    return Row(Verdict.CHANGE, topic, place, shown, ours, why)


def signal_rows(place: str, topic: str, theirs: str, plan: Plan) -> Iterator[Row]:
    ours = plan.web.stop_signal
    if theirs.removeprefix("SIG") == ours.removeprefix("SIG"):
        yield Row(Verdict.SAME, topic, place, theirs, ours)
    else:
        why = "the plan's server stops gracefully on this one; theirs belongs to another server"
        yield Row(Verdict.CHANGE, topic, place, theirs, ours, why)


def is_worker(service: Mapping[str, Any], plan: Plan) -> bool:
    """Whether a service runs one of the plan's processes beside web, and serves nothing besides."""
    text = started_of(service)
    return SERVER.search(text) is None and beside_web(text, plan) is not None


def beside_web(text: str, plan: Plan) -> Process | None:
    words = set(re.split(r"[\s\"';&|]+", text))
    for process in plan.processes:
        known = {word.rpartition("/")[2] for word in process.argv if not word.startswith("-")}
        if process.type is not ProcessType.WEB and len(known & words) >= min(2, len(known)):
            return process
    return None


def service_commands(
    path: str,
    name: str,
    service: Mapping[str, Any],
    line_of: Callable[[str], int],
    plan: Plan,
    *,
    web: bool,
    image: str = "",
) -> Iterator[Row]:
    """Of a service that runs the app; `web` is the one that answers requests, `image` what an image of its
    own starts."""
    text = started_of(service) or image
    if text.startswith("-") and image:
        text = f"{image.split()[0]} {text}"  # arguments of the image's entry point
    place = f"{path}:{line_of('command:' if service.get('command') else f'{name}:')}"
    if text and web:
        yield from server_rows(place, f"{name}: command", text, plan)
    elif text:
        process = beside_web(text, plan)
        if process is not None:
            yield Row(Verdict.SAME, f"process {name}", place, without_secrets(text), shown_of(process))
            yield from option_rows(f"process {name}", place, text, process)
        else:
            why = "no process of the plan does this; a line in a Procfile adds it: NAME: COMMAND"
            shown = without_secrets(text)
            yield Row(Verdict.CHANGE, f"{name}: command", place, shown, "not started", why)
    signal = str(service.get("stop_signal") or "")
    if signal:
        where = f"{path}:{line_of('stop_signal')}"
        yield from signal_rows(where, f"{name}: stop signal", signal, plan)


def option_rows(topic: str, place: str, text: str, process: Process) -> Iterator[Row]:
    """Options of a worker that the plan's own does not have."""
    ours = shlex.join(process.argv)
    given = [f"{one[1]} {one[2] or ''}".strip() for one in OPTION.finditer(text)]
    lost = [one for one in given if NAMED.match(one) is None and one.replace(" ", "=") not in ours]
    if lost:
        why = f"a line in a Procfile keeps them: {process.name}: COMMAND"
        theirs = without_secrets(", ".join(lost))
        yield Row(Verdict.CHANGE, topic, place, theirs, "not taken over", why)


def started_of(service: Mapping[str, Any]) -> str:
    """Its entry point and its command, as far as the file says."""
    return f"{words_of(service.get('entrypoint'))} {words_of(service.get('command'))}".strip()


def words_of(value: Any) -> str:
    if isinstance(value, list):
        return shlex.join(map(str, value))
    return " ".join(str(value or "").split())


def shown_of(process: Process) -> str:
    return cut(shlex.join(process.argv).replace("/opt/venv/bin/", ""))


def without_secrets(text: str) -> str:
    return cut(re.sub(r"(?i)((?:password|secret|token|key)\w*[= ])\S+", r"\1…", text))


def cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
