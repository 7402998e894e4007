"""Runs the proof's program in an image, by the engine that has it."""

import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Protocol

import msgspec

from okamochi.model.kit_programs import SECRETS_MOUNT
from okamochi.model.names import dashed
from okamochi.model.plan import APP_ROOT, VENV_ROOT, Plan, ServerInterface
from okamochi.model.process import EnvironmentVariable, Process, VariableKind, host_of
from okamochi.run.proof.answer import Answer
from okamochi.run.proof.made_up_key import made_up_key
from okamochi.run.proof.program import joined_text
from okamochi.run.spec import Trial
from okamochi.system.process import Completed, ProgramTimeout

__all__ = ["ask", "key_paths", "made_up_values", "with_untold"]

UNTOLD = "\0"
"""Stands for a secret that was given: no variable holds such a character."""
TIMEOUT_SECONDS = 90
MOST_PAGES = 12
MOST_ANSWER_BYTES = 4_000_000


class Tries(Protocol):
    """What of an engine the proof needs."""

    def try_out(self, trial: Trial) -> Completed: ...


def ask(
    engine: Tries,
    image_reference: str,
    plan: Plan,
    environment: Mapping[str, str],
    *,
    visit: str = "",
    process: Process | None = None,
) -> Answer:
    """What the app's own code answers; with `visit`, that path is asked of it, too. With `process`, what that
    one's program does, in the place of the app.

    NotIsolated when the engine cannot keep it in."""
    keys = key_paths(plan, environment)
    files = {**secret_files(plan, environment), **{path: made_up_key(name) for name, path in keys.items()}}
    environment = {**environment, **{name: path for name, path in keys.items() if name in environment}}
    task = {**task_of(plan, visit, process), "files": files}
    trial = Trial(
        image_reference=image_reference,
        argv=(f"{VENV_ROOT}/bin/python", "-B", "-c", joined_text()),
        stdin=json.dumps(task).encode(),
        environment=tuple(sorted({**environment, **dict(process.environment if process else ())}.items())),
        writable=(*written_folders(plan), *((SECRETS_MOUNT,) if files else ())),
        security=plan.security,
        resources=plan.web.resources,
        timeout_seconds=TIMEOUT_SECONDS,
    )
    try:
        done = engine.try_out(trial)
    except ProgramTimeout:
        return Answer(outcome="unknown", message=f"nothing after {TIMEOUT_SECONDS} seconds")
    try:
        if len(done.stdout) <= MOST_ANSWER_BYTES:
            return msgspec.json.decode(done.stdout, type=Answer)
    except (msgspec.MsgspecError, RecursionError):
        pass
    end = "\n".join(done.error_text.splitlines()[-40:])
    return Answer(outcome="unknown", message=f"ended with {done.returncode}", text=end)


def task_of(plan: Plan, visit: str = "", process: Process | None = None) -> dict[str, object]:
    application = plan.application
    root = f"{APP_ROOT}/{application.import_root}".rstrip("/")
    return {
        "interface": ServerInterface.OWN.value if process else application.interface.value,
        "framework": "" if process else application.framework.value,
        "reference": application.object_reference,
        "script": application.script,
        "argv": (process or plan.web).argv,
        "port": plan.web.port,
        "visit": visit,
        "pages": MOST_PAGES,
        "host": host_of(plan.web.probe),
        "paths": list(dict.fromkeys((root, APP_ROOT))),
        "writable": ["/tmp", "/dev", "/proc", *written_folders(plan)],
    }


def as_files(plan: Plan) -> tuple[str, ...]:
    return tuple(one.name for one in plan.environment if one.as_file and not one.holds_path)


def key_paths(plan: Plan, environment: Mapping[str, str]) -> dict[str, str]:
    """Where key files lie that were given, that the app needs, or that it opens by a path of its own."""
    opened = {one.name for one in plan.secret_files}
    return {
        one.name: f"{SECRETS_MOUNT}/{one.name}"
        for one in plan.environment
        if one.holds_path and (one.required or one.name in environment or one.name in opened)
    }


def secret_files(plan: Plan, environment: Mapping[str, str]) -> dict[str, str]:
    """Files that the app reads secrets from, with what stands for these."""
    return {
        f"{SECRETS_MOUNT}/{file}": environment.get(name, "proof")
        for name in as_files(plan)
        for file in dict.fromkeys((name, dashed(name)))
    }


def written_folders(plan: Plan) -> tuple[str, ...]:
    return (*(volume.path for volume in plan.volumes), *(folder.path for folder in plan.temporary_folders))


def with_untold(plain: Mapping[str, str], secret_names: Iterable[str]) -> dict[str, str]:
    """What is given to a proof: plain values, and of each secret that there is one. An address has none: what
    code makes of another's words tells nothing."""
    names = (name for name in secret_names if not name.upper().endswith(("URL", "URI", "DSN")))
    return {**dict.fromkeys(names, UNTOLD), **plain}


def made_up_values(plan: Plan, given: Mapping[str, str]) -> dict[str, str]:
    """Values for what the code needs and nobody has given yet: secrets at random, a service's address by its
    template, a word for the rest; at random also what was given and is not told. Nothing can be reached with
    them. They rule over `given`."""
    untold = [name for name, value in given.items() if value == UNTOLD]
    given = {name: value for name, value in given.items() if value != UNTOLD}
    templates = {
        variable.name: variable.template.format(
            host=service.name,
            port=service.port,
            user=service.user or "app",
            password="proof",
            database=service.database or "app",
        )
        for service in plan.services
        for variable in service.variables
    }
    image = dict(plan.image_environment)
    wanted = [variable for variable in plan.environment if needs_value(variable, given, image)]
    values = {variable.name: templates.get(variable.name) or stand_in(variable) for variable in wanted}
    for name in untold:
        values.setdefault(name, templates.get(name) or secrets.token_hex(32))
    return {**{name: text for name, text in templates.items() if name not in given}, **values}


def needs_value(variable: EnvironmentVariable, given: Mapping[str, str], image: Mapping[str, str]) -> bool:
    named = variable.required or variable.kind is VariableKind.GENERATED
    return named and variable.name not in given and variable.name not in image


def stand_in(variable: EnvironmentVariable) -> str:
    if variable.kind is not VariableKind.PLAIN:
        return secrets.token_hex(32)
    if variable.name.endswith(("PORT", "TIMEOUT", "SIZE", "COUNT", "LIMIT")):
        return "1"
    if variable.name.endswith(("URL", "URI")):
        return "https://proof.invalid/"
    return "proof"
