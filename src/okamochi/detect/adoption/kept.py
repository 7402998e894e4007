"""What rests on files that may go: decisions of the plan that another one, made without the files, has not.

Files that are adopted are replaced sooner or later. Python's version, a database's release or the name of the
database must not change by that: what a setting can say becomes one, the rest is told.
"""

import shlex
from collections.abc import Callable, Iterator

import msgspec

from okamochi.detect.files.left_out import left_out
from okamochi.model.backing_service import BackingService
from okamochi.model.plan import APP_ROOT, VENV_ROOT, DependencyManager, Plan
from okamochi.model.process import Process, ProcessType
from okamochi.system.words import some_of

__all__ = ["Kept", "kept_decisions", "procfile_of", "same_in_a_procfile", "with_procfile"]

STATED = "image_environment."
Values = dict[str, tuple[object, tuple[str, ...]]]


class Kept(msgspec.Struct, frozen=True):
    """`settings` are values with the places that said so; `lost` are sentences about what no setting says.
    `procfile` is one that says those which are `in_procfile`; "" where none does."""

    settings: Values = {}
    lost: tuple[str, ...] = ()
    procfile: str = ""
    in_procfile: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.settings or self.lost)


def kept_decisions(before: Plan, after: Plan, gone: frozenset[str]) -> Kept:
    """`before` is the plan with the files `gone`, `after` the one without them."""
    said = _Said(before, gone)
    found: Values = {}
    if before.python_version != after.python_version:
        found["python"] = (before.python_version, said.places("python_version"))
    ours, theirs = before.application.entry_point, after.application.entry_point
    if ours and ours != theirs:
        found["entrypoint"] = (ours, said.places("application.object_reference"))
    files = before.dependencies.files
    if files != after.dependencies.files and before.dependencies.manager is DependencyManager.PIP:
        found["requirements"] = (files, said.places("dependencies.files"))
    volumes, lost_files = kept_volumes(before, after)
    if volumes:
        found["volumes"] = (volumes, said.places("volumes."))
    patterns, lost_patterns = kept_patterns(before.source.exclude, after.source.exclude)
    if patterns:
        found["exclude"] = (patterns, said.places("source.exclude"))
    if values := kept_values(before, after):
        found["env"] = (values, said.places(STATED))
    if services := kept_services(before.services, after.services):
        found["services"] = (services, said.places("services."))
    lost = (*lost_files, *lost_patterns, *lost_processes(before, after), *lost_first_data(before, after))
    return Kept(found, tuple(lost))


class _Said(msgspec.Struct, frozen=True):
    plan: Plan
    gone: frozenset[str]

    def places(self, field: str) -> tuple[str, ...]:
        """Where the files that go speak of the field, or of those that begin so."""
        found = (
            one.place
            for decision in self.plan.decisions
            if decision.field == field or (field.endswith(".") and decision.field.startswith(field))
            for one in decision.evidence
            if one.path in self.gone
        )
        return tuple(dict.fromkeys(found))


def kept_values(before: Plan, after: Plan) -> dict[str, str]:
    """Plain values that the files gave to variables which the app needs."""
    stated = {one.field.removeprefix(STATED) for one in before.decisions if one.field.startswith(STATED)}
    others = dict(after.image_environment)
    return {
        name: value
        for name, value in before.image_environment
        if name in stated and others.get(name) != value
    }


def kept_volumes(before: Plan, after: Plan) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """All volumes, since the setting names all, where one would be lost; and what the setting cannot say."""
    missing = {one.path for one in before.volumes} - {one.path for one in after.volumes}
    if not missing:
        return (), ()
    if before.moved_files:
        return (), tuple(f"the volume on {path}" for path in sorted(missing))
    return tuple(one.path.removeprefix(f"{APP_ROOT}/") for one in before.volumes), ()


def kept_patterns(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What an ignore file keeps out beyond what is kept out anyway. Patterns that take something back are no
    settings: these come last, and would let in what is secret."""
    more = [one for one in before if one not in after]
    if not more:
        return (), ()
    back = [one for one in more if one.startswith("!")]
    kept = tuple(one for one in more if one not in back and not is_covered(one, left_out(after)))
    if kept and back:
        return (), (f"what .dockerignore keeps out ({some_of(kept, 5)})",)
    return kept, ()


def is_covered(pattern: str, is_out: Callable[[str], bool]) -> bool:
    """Whether a file that the pattern stands for is out anyway."""
    sample = pattern.replace("**/", "").strip("/").replace("*", "x").replace("?", "x")
    return bool(sample) and (is_out(f"{sample}/") or is_out(sample))


def kept_services(before: tuple[BackingService, ...], after: tuple[BackingService, ...]) -> dict[str, object]:
    """Images, users and databases that the plan would have otherwise, and services that it would add."""
    others = {one.name: one for one in after}
    found: dict[str, object] = dict.fromkeys(others, "off")
    for one in before:
        other = others.get(one.name)
        found.pop(one.name, None)
        if other is not None and identity(one) == identity(other):
            continue
        names = {"user": one.user, "database": one.database}
        if other is not None:
            names = {key: value for key, value in names.items() if value != getattr(other, key)}
        names = {key: value for key, value in names.items() if value}
        found[one.name] = {"image": one.image, **names} if names else one.image
    return dict(sorted(found.items()))


def identity(service: BackingService) -> tuple[str, str, str]:
    return service.image, service.user, service.database


def lost_processes(before: Plan, after: Plan) -> Iterator[str]:
    for one in missing_processes(before, after):
        yield sentence_of(one)


def sentence_of(process: Process) -> str:
    return f"the process {process.name} ({same_in_a_procfile(process)})"


def missing_processes(before: Plan, after: Plan) -> tuple[Process, ...]:
    there = {(one.name, one.argv) for one in after.processes}
    others = (one for one in before.processes if one.type is not ProcessType.WEB)
    return tuple(one for one in others if (one.name, one.argv) not in there)


def procfile_of(before: Plan, after: Plan) -> str:
    """All processes of the kinds of which one is missing: a Procfile that names one of a kind names all. ""
    where none is, or one has lines of its own."""
    kinds = {one.type for one in missing_processes(before, after)}
    wanted = [one for one in before.processes if one.type in kinds]
    if any("\n" in word for one in wanted for word in one.argv):
        return ""
    return "".join(f"{one.name}: {line_of(one)}\n" for one in wanted)


def with_procfile(kept: Kept, before: Plan, after: Plan, procfile: str) -> Kept:
    """`after` is the plan with that Procfile: the processes that it has need not be lost."""
    missing = {sentence_of(one) for one in missing_processes(before, after)}
    processes = {sentence_of(one) for one in before.processes}
    said = tuple(one for one in kept.lost if one in processes and one not in missing)
    return Kept(kept.settings, kept.lost, procfile, said) if said else kept


def same_in_a_procfile(process: Process) -> str:
    if any("\n" in word for word in process.argv):  # a line of a Procfile is one line
        return f"a Procfile says the same of a script with its lines: {process.name}: python SCRIPT"
    return f"a Procfile says the same: {process.name}: {line_of(process)}"


def line_of(process: Process) -> str:
    return shlex.join(word.removeprefix(f"{VENV_ROOT}/bin/") for word in process.argv)


def lost_first_data(before: Plan, after: Plan) -> Iterator[str]:
    there = {one.name: one.initial_files for one in after.services}
    for one in before.services:
        if one.initial_files and there.get(one.name) != one.initial_files:
            yield f"the first data of {one.name} ({', '.join(one.initial_files)})"
