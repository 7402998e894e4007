"""Processes beside the web one: workers and schedulers that the Procfile or the code starts, migrations.

What sets a project up or drops its data is never among them: it is told, and run by hand once.
"""

import posixpath
import re
import shlex
from collections.abc import Collection
from typing import TYPE_CHECKING

import msgspec

from okamochi.containerfiles.command_lines import commands_of
from okamochi.detect.base import Detected
from okamochi.detect.data.migrations import TablesByHand, find_migrations
from okamochi.detect.files.platform_files import StatedCommand, stated_commands
from okamochi.detect.files.statements import procfile_lines
from okamochi.detect.source.sources import Sources
from okamochi.detect.workers.celery_programs import (
    celery_programs,
    names_no_module,
    sent_elsewhere,
    with_few_children,
    with_places_to_write,
)
from okamochi.detect.workers.composed_workers import WORKER_PROGRAMS, composed_workers, unknown_workers
from okamochi.detect.workers.django_workers import django_workers
from okamochi.detect.workers.ending_commands import ends_by_itself
from okamochi.detect.workers.heartbeats import heartbeat_of
from okamochi.detect.workers.worker_programs import WorkerProgram, worker_programs
from okamochi.model.evidence import Decision, Evidence
from okamochi.model.plan import VENV_ROOT, Framework
from okamochi.model.process import Process, ProcessType
from okamochi.system.patterns import regex

if TYPE_CHECKING:
    from okamochi.detect.understanding import Understood

__all__ = ["other_processes", "scripts_of_workers"]

PROGRAMS = WORKER_PROGRAMS | {"rq", "flower"}
RELEASE_PROGRAMS = frozenset(["flask", "alembic"])
DESTRUCTIVE = regex(
    r"\b(init[-_]?db|initdb|create[-_]?db|create[-_]?(all|tables)|drop[-_]?\w*|recreate\w*|reset\w*|seed\w*"
    r"|forge|deploy|flush|loaddata|fake\w*)\b"
)
SHELL = regex(r"[$`<>*|]|&&|;")

Found = tuple[Process, Decision]


def other_processes(
    understood: "Understood", redis_variable: str, tables_by_hand: TablesByHand
) -> tuple[tuple[Process, ...], tuple[Decision, ...]]:
    """Sorted by their kind, then by name; with the decision about each, and about what is only offered.

    `redis_variable` leads the app to its Redis; `tables_by_hand` is asked where neither migrations nor a
    command of the project make its tables.
    """
    sources, asked = understood.sources, understood.dependencies.names
    candidate = understood.entry.candidate
    import_root = candidate.import_root
    found: dict[str, Found] = {}
    decisions: list[Decision] = []
    for name, command, line in procfile_lines(sources.project):
        if name != "web":
            stated = StatedCommand(name, command, "Procfile", line)
            _from_file(sources, stated, found, decisions)
    types = {process.type for process, _ in found.values()}
    for stated in stated_commands(sources.project):
        if _kind(stated.name, stated.command) not in types:
            _from_file(sources, stated, found, decisions)
    types = {process.type for process, _ in found.values()}
    for stated in composed_workers(sources.project):
        if names_no_module(stated.command, sources, import_root):
            decisions.append(_told(stated, "the source has no module that celery is to load"))
        elif _kind(stated.name, stated.command) not in types:
            _from_file(sources, stated, found, decisions)
    _add_celery(sources, import_root, found, types, decisions)
    types = {process.type for process, _ in found.values()}
    of_django = django_workers(sources, import_root) if candidate.framework is Framework.DJANGO else ()
    for program in (*of_django, *worker_programs(sources, asked, redis_variable, import_root)):
        if program.type not in types:
            found.setdefault(program.type.value, _of_a_program(program))
    if ProcessType.RELEASE not in types:
        migrations = find_migrations(understood, tables_by_hand)
        decisions += migrations.decisions
        if migrations.command is not None:
            release, decision = _process("release", ProcessType.RELEASE, migrations.command)
            release = msgspec.structs.replace(release, environment=migrations.environment)
            found.setdefault("release", (release, decision))
    types = {process.type for process, _ in found.values()}
    unknown = [one for one in unknown_workers(sources.project) if _kind(one.name, one.command) not in types]
    decisions += [_unknown(one) for one in unknown]
    ordered = sorted(found.values(), key=lambda one: (one[0].type.value, one[0].name))
    processes = tuple(_with_heartbeat(process, sources) for process, _ in ordered)
    return processes, (*(decision for _, decision in ordered), *decisions)


def _add_celery(
    sources: Sources,
    import_root: str,
    found: dict[str, Found],
    stated: Collection[ProcessType],
    decisions: list[Decision],
) -> None:
    """Of a compose file that starts a worker and no beat the code may write a schedule all the same: at the
    desk people start that by hand. Of `stated` kinds the Procfile and its like say all."""
    argvs = [process.argv for process, _ in found.values() if process.argv[0].endswith("/celery")]
    if argvs and stated:
        return
    elsewhere = sent_elsewhere(sources) if not argvs else None
    if elsewhere is not None:
        summary = (
            "Warning: no worker is started, since the project defines no task: run the project that does "
            "beside this one, with the same broker"
        )
        decisions.append(Decision.detected("processes", summary, (elsewhere,)))
        return
    for program in celery_programs(sources, import_root, argvs[0] if argvs else ()):
        name = "beat" if program.type is ProcessType.SCHEDULER else "worker"
        if not argvs or program.type not in {process.type for process, _ in found.values()}:
            found.setdefault(name, _process(name, program.type, Detected(program.argv, program.evidence)))


def scripts_of_workers(sources: Sources) -> tuple[str, ...]:
    """The project's scripts that its files start beside the web server: what they read, write and import
    counts, too."""
    found: list[str] = []
    said = (*stated_commands(sources.project), *composed_workers(sources.project))
    stated = ((one.name, one.command) for one in said)
    lines = ((name, command) for name, command, _ in procfile_lines(sources.project))
    for name, command in (*lines, *stated):
        if name == "web" or SHELL.search(command):
            continue
        for words in commands_of(command):
            found += [one.removeprefix("./") for one in words[:4] if one.removeprefix("./") in sources.known]
    return tuple(dict.fromkeys(found))


def _of_a_program(program: WorkerProgram) -> Found:
    process, decision = _process(program.type.value, program.type, program.argv)
    return msgspec.structs.replace(process, environment=program.environment), decision


def _with_heartbeat(process: Process, sources: Sources) -> Process:
    return msgspec.structs.replace(process, probe=heartbeat_of(process, sources))


def _process(name: str, kind: ProcessType, argv: Detected[tuple[str, ...]]) -> Found:
    process = Process(name=name, type=kind, argv=argv.value)
    words = (f"… {one.splitlines()[-1].strip()}" if "\n" in one.strip() else one for one in argv.value[1:])
    shown = " ".join((posixpath.basename(argv.value[0]), *words))
    decision = Decision.detected(f"processes.{name}.argv", f"{kind.value}: {shown}", argv.evidence)
    return process, decision


def _from_file(
    sources: Sources, stated: StatedCommand, found: dict[str, Found], decisions: list[Decision]
) -> None:
    command = stated.command
    shown = re.sub(r"[^a-z0-9-]+", "-", stated.name.lower()).strip("-") or "worker"
    kind = _kind(shown, command)
    if kind is ProcessType.RELEASE and DESTRUCTIVE.search(command):
        decisions.append(
            _told(stated, "sets data up or drops it; run it once yourself: okamochi exec -- ...")
        )
        return
    commands = () if SHELL.search(command) else commands_of(command)
    argv = _inside(sources, commands[0]) if len(commands) == 1 else ()
    if not argv:
        decisions.append(_told(stated, "needs a shell or a program that the image has not; it is not run"))
        return
    if serves_the_app(argv):
        decisions.append(_told(stated, "serves the app, which the web process does; it is not run"))
        return
    if kind is not ProcessType.RELEASE and ends_by_itself(argv):
        again = shlex.join((posixpath.basename(argv[0]), *argv[1:]))
        decisions.append(
            _told(
                stated, f"ends by itself, as no worker does; run it when it is due: okamochi exec -- {again}"
            )
        )
        return
    if argv[0] == f"{VENV_ROOT}/bin/alembic" and not _configures_alembic(sources, argv):
        decisions.append(_told(stated, "there is no alembic.ini where that looks for it; it is not run"))
        return
    evidence = Evidence(path=stated.path, line=stated.line, reason=f"{stated.name}:")
    argv = with_few_children(with_places_to_write(argv), sources)
    found[shown] = _process(shown, kind, Detected(argv, (evidence,)))


def serves_the_app(argv: tuple[str, ...]) -> bool:
    """`flask run` in a Procfile for the desk, whatever its line is called."""
    words = [word for word in argv if not word.startswith("-")]
    return posixpath.basename(argv[0]) == "flask" and "run" in words[1:]


def _configures_alembic(sources: Sources, argv: tuple[str, ...]) -> bool:
    """An app that moved to Flask-Migrate keeps the command of the time before in app.json."""
    named = any(word.startswith(("-c", "--config")) for word in argv)
    pyproject = sources.project.read_text("pyproject.toml") or ""
    return named or sources.project.exists("alembic.ini") or "[tool.alembic" in pyproject


def _unknown(stated: StatedCommand) -> Decision:
    said = f"what `{stated.command}` starts is not known"
    evidence = Evidence(path=stated.path, line=stated.line, reason=f"{stated.name}: {said}")
    summary = (
        f"Warning: {stated.name} of {stated.path} is not run: {said}; a Procfile with the line "
        f"`{stated.name}: COMMAND` starts it"
    )
    return Decision.detected("processes", summary, (evidence,))


def _told(stated: StatedCommand, why: str) -> Decision:
    evidence = Evidence(path=stated.path, line=stated.line, reason=f"{stated.name}: {why}")
    place = "the Procfile" if stated.path == "Procfile" else stated.path
    summary = f"not run: {stated.name} of {place}"
    return Decision.detected("processes", summary, (evidence,))


def _kind(name: str, command: str) -> ProcessType:
    if name in ("release", "migrate", "migrations"):
        return ProcessType.RELEASE
    if re.search(r"beat|scheduler|clock|cron", name) or re.search(r"\bcelery\b.*\bbeat\b", command):
        return ProcessType.SCHEDULER
    return ProcessType.WORKER


def _inside(sources: Sources, words: tuple[str, ...]) -> tuple[str, ...]:
    """The argv with the program's path in the image; empty when the image has no such program."""
    program = posixpath.basename(words[0]) if words else ""
    if re.fullmatch(r"python[\d.]*", program) and len(words) > 1:
        return (f"{VENV_ROOT}/bin/python", *words[1:])
    if program in PROGRAMS | RELEASE_PROGRAMS:
        return (f"{VENV_ROOT}/bin/{program}", *words[1:])
    if words and words[0].removeprefix("./") in sources.known:
        return (f"{VENV_ROOT}/bin/python", words[0].removeprefix("./"), *words[1:])
    if words and _is_run_as_module(words[0], sources):
        return (f"{VENV_ROOT}/bin/python", "-m", *words)
    return ()


def _is_run_as_module(name: str, sources: Sources) -> bool:
    """What is left of `python -m jobs.mail` when its prefix is taken away."""
    path = name.replace(".", "/")
    places = (f"{root}{path}{end}" for root in ("", "src/") for end in (".py", "/__main__.py"))
    return any(one in sources.known for one in places)
