"""Processes beside the web one: workers and schedulers that the Procfile or the code starts, migrations.

What sets a project up or drops its data is never among them: it is told, and run by hand once.
"""

import ast
import posixpath
import re
from collections.abc import Iterable, Iterator

import msgspec

from okamochi.containerfiles.command_lines import commands_of
from okamochi.detect.base import Detected
from okamochi.detect.django_workers import django_workers
from okamochi.detect.heartbeats import heartbeat_of
from okamochi.detect.importable import importable_name
from okamochi.detect.migrations import TablesByHand, find_migrations
from okamochi.detect.platform_files import StatedCommand, stated_commands
from okamochi.detect.python_source import Module, Sources
from okamochi.detect.reachable import Reached
from okamochi.detect.statements import procfile_lines
from okamochi.detect.worker_programs import WorkerProgram, worker_programs
from okamochi.model.evidence import Decision, Evidence, Origin
from okamochi.model.plan import VENV_ROOT, Framework
from okamochi.model.process import Process, ProcessType
from okamochi.system.patterns import regex

__all__ = ["other_processes", "scripts_of_workers"]

PROGRAMS = frozenset(
    ["celery", "rq", "dramatiq", "huey_consumer", "huey_consumer.py", "arq", "saq", "taskiq", "flower"]
)
RELEASE_PROGRAMS = frozenset(["flask", "alembic"])
DESTRUCTIVE = regex(
    r"\b(init[-_]?db|initdb|create[-_]?db|create[-_]?(all|tables)|drop[-_]?\w*|recreate\w*|reset\w*|seed\w*"
    r"|forge|deploy|flush|loaddata|fake\w*)\b"
)
SHELL = regex(r"[$`<>*|]|&&|;")

Found = tuple[Process, Decision]


def other_processes(
    sources: Sources,
    framework: Framework,
    names: Iterable[str],
    reached: Reached,
    factory: str,
    import_root: str,
    redis_variable: str = "",
    tables_by_hand: TablesByHand = lambda: None,
) -> tuple[tuple[Process, ...], tuple[Decision, ...]]:
    """Sorted by their kind, then by name; with the decision about each, and about what is only offered.

    `names` are the normalized names that the project asks for, `reached` is what the server's loading runs,
    `factory` the function that it calls, `import_root` where its modules are;
    `redis_variable` leads the app to its Redis;
    `tables_by_hand` is asked where neither migrations nor a command of the project make its tables.
    """
    asked = frozenset(names)
    found: dict[str, Found] = {}
    decisions: list[Decision] = []
    for name, command, line in procfile_lines(sources.project):
        if name != "web":
            _from_file(sources, StatedCommand(name, command, "Procfile", line), found, decisions)
    types = {process.type for process, _ in found.values()}
    for stated in stated_commands(sources.project):
        if _kind(stated.name, stated.command) not in types:
            _from_file(sources, stated, found, decisions)
    commands = frozenset(process.argv[0].rpartition("/")[2] for process, _ in found.values())
    if "celery" not in commands:
        found.update({one[0].name: one for one in _celery(sources, import_root) if one[0].name not in found})
    types = {process.type for process, _ in found.values()}
    of_django = django_workers(sources, import_root) if framework is Framework.DJANGO else ()
    for program in (*of_django, *worker_programs(sources, asked, redis_variable, import_root)):
        if program.type not in types:
            found.setdefault(program.type.value, _of_a_program(program))
    if ProcessType.RELEASE not in types:
        migrations = find_migrations(sources, framework, asked, reached, factory, import_root, tables_by_hand)
        decisions += migrations.decisions
        if migrations.command is not None:
            found.setdefault("release", _process("release", ProcessType.RELEASE, migrations.command))
    ordered = sorted(found.values(), key=lambda one: (one[0].type.value, one[0].name))
    processes = tuple(_with_heartbeat(process, sources) for process, _ in ordered)
    return processes, (*(decision for _, decision in ordered), *decisions)


def scripts_of_workers(sources: Sources) -> tuple[str, ...]:
    """The project's scripts that its files start beside the web server: what they read, write and import
    counts, too."""
    found: list[str] = []
    stated = ((one.name, one.command) for one in stated_commands(sources.project))
    lines = ((name, command) for name, command, _ in procfile_lines(sources.project))
    for name, command in (*lines, *stated):
        if name == "web" or SHELL.search(command):
            continue
        for words in commands_of(command):
            found += [one.removeprefix("./") for one in words[:2] if one.removeprefix("./") in sources.known]
    return tuple(dict.fromkeys(found))


def _of_a_program(program: WorkerProgram) -> Found:
    process, decision = _process(program.type.value, program.type, program.argv)
    return msgspec.structs.replace(process, environment=program.environment), decision


def _with_heartbeat(process: Process, sources: Sources) -> Process:
    return msgspec.structs.replace(process, probe=heartbeat_of(process, sources))


def _process(name: str, kind: ProcessType, argv: Detected[tuple[str, ...]]) -> Found:
    process = Process(name=name, type=kind, argv=argv.value)
    shown = " ".join((posixpath.basename(argv.value[0]), *argv.value[1:]))
    decision = Decision(
        field=f"processes.{name}.argv",
        summary=f"{kind.value}: {shown}".replace("\n", "; "),
        origin=Origin.DETECTED,
        evidence=argv.evidence,
    )
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
    if argv[0] == f"{VENV_ROOT}/bin/alembic" and not _configures_alembic(sources, argv):
        decisions.append(_told(stated, "there is no alembic.ini where that looks for it; it is not run"))
        return
    evidence = Evidence(path=stated.path, line=stated.line, reason=f"{stated.name}:")
    found[shown] = _process(shown, kind, Detected(argv, (evidence,)))


def _configures_alembic(sources: Sources, argv: tuple[str, ...]) -> bool:
    """An app that moved to Flask-Migrate keeps the command of the time before in app.json."""
    named = any(word.startswith(("-c", "--config")) for word in argv)
    pyproject = sources.project.read_text("pyproject.toml") or ""
    return named or sources.project.exists("alembic.ini") or "[tool.alembic" in pyproject


def _told(stated: StatedCommand, why: str) -> Decision:
    evidence = Evidence(path=stated.path, line=stated.line, reason=f"{stated.name}: {why}")
    place = "the Procfile" if stated.path == "Procfile" else stated.path
    summary = f"not run: {stated.name} of {place}"
    return Decision(field="processes", summary=summary, origin=Origin.DETECTED, evidence=(evidence,))


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
    return ()


def _celery(sources: Sources, import_root: str) -> Iterator[Found]:
    """The first Celery application that a name of a module holds, and its beat when a schedule is written."""
    for module in sources.mentioning("celery"):
        name, line = _celery_object(module)
        if not name:
            continue
        reference = f"{importable_name(module, sources, import_root)}:{name}"
        program: tuple[str, ...] = (f"{VENV_ROOT}/bin/celery", "-A", reference)
        evidence = Evidence(path=module.path, line=line, reason=f"{name} is a Celery application")
        worker = (*program, "worker", "--loglevel=INFO", "--concurrency=2")
        yield _process("worker", ProcessType.WORKER, Detected(worker, (evidence,)))
        for other in sources.mentioning("beat_schedule", "BEAT_SCHEDULE", "add_periodic_task"):
            match = re.search(r"beat_schedule|BEAT_SCHEDULE|add_periodic_task", other.text)
            place = other.text.count("\n", 0, match.start()) + 1 if match is not None else 0
            why = Evidence(path=other.path, line=place, reason="writes a schedule for Celery")
            argv = (*program, "beat", "--loglevel=INFO", "--schedule=/tmp/celerybeat-schedule", "--pidfile=")
            yield _process("beat", ProcessType.SCHEDULER, Detected(argv, (why, evidence)))
            return
        return


def _celery_object(module: Module) -> tuple[str, int]:
    """`celery = Celery(...)`, `celery_app = make_celery(app)`, at module level."""
    for statement in module.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=function)):
                called = module.imports.full(function)
                last = called.rpartition(".")[2]
                if called in ("celery.Celery", "celery.app.Celery") or re.fullmatch(
                    r"(make|create|init|get)_celery(_app)?|celery_init_app", last
                ):
                    return name, statement.lineno
            case _:
                pass
    return "", 0
