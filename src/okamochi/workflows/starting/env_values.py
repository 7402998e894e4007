"""Values for an app's variables: from an environment file, made up once, or missing."""

import codecs
import io
import shlex
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from okamochi.errors import UsageError
from okamochi.model.env_file import parse_env_file
from okamochi.model.plan import Plan
from okamochi.model.process import EnvironmentVariable, VariableKind
from okamochi.run.state import AppState
from okamochi.system.project_files import DiskProject
from okamochi.system.words import some_of
from okamochi.system.world import World
from okamochi.workflows.starting.composed_values import composed_values
from okamochi.workflows.starting.given_services import is_elsewhere
from okamochi.workflows.starting.key_values import key_values

__all__ = ["Reading", "Values", "read_values", "tell_unread_file", "text_of"]

LIMIT_BYTES = 1_000_000
MOST_SHOWN = 4
DOTENV = ".env"
OWN_PREFIXES = ("OKAMOCHI_", "GUNICORN_")
SECRET_KINDS = (VariableKind.SECRET, VariableKind.GENERATED)


@dataclass(frozen=True)
class Reading:
    """How a file's values are judged: on the host engine, localhost is this machine; at the desk, what cannot
    be meant is left out and told, instead of refused."""

    on_this_machine: bool = False
    at_the_desk: bool = False


STRICT = Reading()


@dataclass(frozen=True)
class Values:
    """`plain` go into the environment; `secret_names` lie as files in the app's private state; of these,
    `secret_paths` are key files, whose variables hold the path."""

    plain: tuple[tuple[str, str], ...]
    secret_names: tuple[str, ...]
    secret_paths: tuple[str, ...] = ()

    def known(self, state: AppState) -> dict[str, str]:
        """By name, the secret ones too."""
        secrets = state.secrets()
        return {**{name: secrets.get(name, "") for name in self.secret_names}, **dict(self.plain)}

    def handed_on(self, variable: EnvironmentVariable) -> EnvironmentVariable:
        """Of a secret that was given, whether the app can start without it or not."""
        return msgspec.structs.replace(
            variable,
            kind=VariableKind.SECRET if variable.kind is VariableKind.PLAIN else variable.kind,
            required=True,
            default=None,
            holds_path=variable.holds_path or variable.name in self.secret_paths,
        )


def read_values(
    plan: Plan,
    env_file: Path | None,
    state: AppState,
    world: World,
    *,
    project: Path,
    reading: Reading = STRICT,
) -> Values:
    """UsageError naming every required variable that has no value, and where the code reads it; likewise
    every value that cannot be meant. `project` is the folder as it was named."""
    given = from_file(plan, env_file, world, reading) if env_file else {}
    if reading.on_this_machine:
        given = {**of_this_shell(plan, given, world), **given}
    given = {**composed_values(plan, given, project, world), **given}
    keys = key_values(plan, given, project, env_file, world, in_image=not reading.at_the_desk)
    given = {**given, **keys}
    known = {variable.name: variable for variable in plan.environment}
    refuse_missing(plan, given, partial(how_to_give, env_file, project))
    secrets = list(dict.fromkeys((*undeclared_secrets(known.keys(), given), *keys)))
    for name in secrets:
        state.keep_secret(name, given[name] if name in keys else as_file(given[name]))
    for variable in plan.environment:
        if variable.name not in keys and keep_secret(variable, given, state, world):
            secrets.append(variable.name)
    plain = {
        name: value
        for name, value in given.items()
        if name not in secrets and not (name in known and value == "" and is_secret(known[name]))
    }
    return Values(tuple(sorted(plain.items())), tuple(sorted(secrets)), tuple(sorted(keys)))


def from_file(plan: Plan, env_file: Path, world: World, reading: Reading) -> dict[str, str]:
    text = text_of(env_file)
    parsed = parse_env_file(text, where=str(env_file))
    for warning in parsed.warnings:
        world.reporter.warn(warning)
    from okamochi.detect.variables.env_lint import as_it_is_read
    from okamochi.workflows.starting.env_check import judged

    left_out = judged(plan, text, str(env_file), world, reading)
    values = {name: value for name, value in parsed.values if name not in left_out}
    found: dict[str, str] = {}
    for name, value in values.items():
        read = as_it_is_read(plan, name)
        if read == name or read not in values:
            found[read] = value
    return found


def of_this_shell(plan: Plan, given: Mapping[str, str], world: World) -> dict[str, str]:
    """Addresses of services that the file does not give and that the user's own shell holds; each is told."""
    found: dict[str, str] = {}
    for service in plan.services:
        names = [one.name for one in service.variables]
        leading = [one.name for one in service.variables if "{host}" in one.template]
        if any(name in given for name in names) or not any(world.environ.get(one) for one in leading):
            continue
        taken = [name for name in names if world.environ.get(name)]
        world.reporter.note(f"{service.name}: {' and '.join(taken)} of this shell's environment")
        found |= {name: world.environ[name] for name in taken}
    return found


def text_of(env_file: Path) -> str:
    try:
        if env_file.stat().st_size > LIMIT_BYTES:
            raise UsageError(f"{env_file} is too large", where=str(env_file), hint="name an environment file")
        content = env_file.read_bytes()
        # as Windows' PowerShell writes what is redirected into a file
        marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        return io.TextIOWrapper(io.BytesIO(content), "utf-16" if marked else "utf-8-sig").read()
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise UsageError(
            f"{env_file} cannot be read: {reason}",
            where="--env-file",
            hint="name a text file with lines NAME=value",
        ) from error


def undeclared_secrets(known: Set[str], given: Mapping[str, str]) -> tuple[str, ...]:
    """Names that no code was seen to read (a library does), but that look like secrets."""
    unknown = [name for name, value in given.items() if name not in known and value.strip()]
    if not unknown:
        return ()
    from okamochi.model.variable_names import kind_of

    return tuple(
        name
        for name in unknown
        if kind_of(name) in SECRET_KINDS
        and name.isidentifier()
        and not name.endswith("_FILE")
        and not name.startswith(OWN_PREFIXES)
    )


def how_to_give(env_file: Path | None, project: Path, missing: list[str]) -> str:
    if env_file:
        return f"add them to {env_file} (lines NAME=value)"
    from okamochi.detect.variables.env_findings import files_with

    found = files_with(DiskProject.open(project), missing)
    if found:
        return f"where what {found[0]} has is meant for production: {with_its_file(project, found[0])}"
    return "write them to a file and pass it with --env-file FILE (lines NAME=value)"


def with_its_file(project: Path, name: str) -> str:
    place = () if project == Path() else (str(project),)
    return shlex.join(("okamochi", "up", *place, "--env-file", str(project / name)))


def tell_unread_file(plan: Plan, env_file: Path | None, project: Path, world: World) -> None:
    """Whoever starts the app by `flask run` has its values from .env: that production's do not is told, where
    it makes a difference."""
    if env_file or not (project / DOTENV).is_file():
        return
    try:
        given = dict(parse_env_file(text_of(project / DOTENV), where=DOTENV).values)
    except UsageError:
        return
    served = {variable.name for service in plan.services for variable in service.variables}
    names = [
        one.name
        for one in plan.environment
        if given.get(one.name)
        and given[one.name] != one.default
        and one.kind is not VariableKind.GENERATED
        and one.name not in served
    ]
    if names:
        shown = some_of(names, MOST_SHOWN)
        with_it = with_its_file(project, DOTENV)
        world.reporter.note(f".env is the desk's and not read here; to give its {shown}: {with_it}")


def refuse_missing(plan: Plan, given: Mapping[str, str], how: Callable[[list[str]], str]) -> None:
    image = dict(plan.image_environment)
    # a service that is elsewhere is given as a whole
    served = {
        one.name for service in plan.services if not is_elsewhere(service, given) for one in service.variables
    }
    lacking = [
        variable
        for variable in plan.environment
        if variable.required
        and variable.kind is not VariableKind.GENERATED
        and not given.get(variable.name)
        and not image.get(variable.name)
        and variable.name not in served
    ]
    if not lacking:
        return
    missing = [one.name for one in lacking]
    plain = any(not is_secret(one) for one in lacking)
    reasons = {
        decision.field.removeprefix("environment."): str(decision.evidence[0])
        for decision in plan.decisions
        if decision.field.startswith("environment.") and decision.evidence
    }
    raise UsageError(
        f"the app needs values for {', '.join(missing)}",
        where=reasons.get(missing[0], "environment"),
        details=tuple(
            f"{name}: {reasons.get(name, 'read by the code')}" for name in missing if len(missing) > 1
        ),
        hint=f"{how(missing)}{'; plain ones may stand in [tool.okamochi] env' if plain else ''}",
    )


def keep_secret(
    variable: EnvironmentVariable, given: Mapping[str, str], state: AppState, world: World
) -> bool:
    """True when the variable's value lies in the state folder afterwards."""
    if not is_secret(variable):
        return False
    value = given.get(variable.name)
    if value:
        state.keep_secret(variable.name, as_file(value))
        return True
    if variable.kind is not VariableKind.GENERATED:
        return False
    _, made = state.generated_secret(variable.name)
    if made:
        place = state.secrets_folder / variable.name
        world.reporter.note(f"{variable.name}: generated once, kept in {place}")
    return True


def as_file(value: str) -> str:
    """Who reads a secret's file takes one line break at its end away, which editors leave there: a value's
    own stays."""
    return f"{value}\n" if value.endswith("\n") else value


def is_secret(variable: EnvironmentVariable) -> bool:
    return variable.kind in SECRET_KINDS
