"""What runs an app's Celery: its worker, and its beat where a schedule is written."""

import ast
import re
from collections.abc import Iterator

import msgspec

from okamochi.detect.source.importable import importable_name
from okamochi.detect.source.names import assigned
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.model.evidence import Evidence
from okamochi.model.plan import VENV_ROOT
from okamochi.model.process import ProcessType
from okamochi.pypi.python_values import last_name
from okamochi.system.patterns import line_of, regex

__all__ = [
    "celery_programs",
    "names_no_module",
    "sent_elsewhere",
    "with_few_children",
    "with_places_to_write",
]

PROGRAM = f"{VENV_ROOT}/bin/celery"
MAKES_APP = regex(r"(create|make|build|init|get)_(\w+_)?app(lication)?|app_factory|create_application")
MAKES_CELERY = regex(r"(make|create|init|get)_celery(_app)?|celery_init_app")
OF_WORKERS = regex(r"celery|worker|task|job|queue")
SCHEDULES = ("beat_schedule", "BEAT_SCHEDULE", "add_periodic_task")
# two fit the memory of a container; by itself a worker starts as many as the machine has CPUs
FEW = "--concurrency=2"
HOW_MANY = regex(r"(?:--concurrency|--autoscale|--pool|-P)(?:=.*)?|-[cP].*")
CONFIGURED = ("worker_concurrency", "WORKER_CONCURRENCY", "CELERYD_CONCURRENCY", "worker_pool", "WORKER_POOL")
LOG_FILE = ("-f", "--logfile")
SCHEDULE_OPTIONS = ("-s", "--schedule")
# https://docs.celeryq.dev/en/stable/userguide/tasks.html, and what names modules that have them
DEFINES = frozenset(["task", "shared_task", "periodic_task", "register_task", "autodiscover_tasks"])
NAMES_MODULES = regex(r"(?i)(\w+_)?(imports?|include)")
OF_NO_BROKER = frozenset(["main", "include", "task_cls", "set_as_current"])
NAMES_APP = regex(r"(?:-A|--app)(?:=|$)|-A\w")


class CeleryProgram(msgspec.Struct, frozen=True):
    type: ProcessType
    argv: tuple[str, ...]
    evidence: tuple[Evidence, ...]


def celery_programs(
    sources: Sources, import_root: str, stated: tuple[str, ...] = ()
) -> Iterator[CeleryProgram]:
    """The worker of the first Celery application that a name of a module holds, and its beat when a schedule
    is written. `stated` is the argv of a worker that the project itself names: then only its beat, and of a
    beat the worker that it wants."""
    reference, evidence = (_reference(stated), ()) if stated else _found(sources, import_root)
    if not reference:
        return
    program: tuple[str, ...] = (PROGRAM, "-A", reference)
    if not stated or ("beat" in stated and "worker" not in stated):
        argv = (*program, "worker", "--loglevel=INFO", FEW)
        yield CeleryProgram(ProcessType.WORKER, argv, evidence)
    elif {"-B", "--beat"} & set(stated):
        return
    for other in sources.mentioning(*SCHEDULES):
        match = re.search("|".join(SCHEDULES), other.text)
        line = line_of(match) if match is not None else 0
        why = Evidence(path=other.path, line=line, reason="writes a schedule for Celery")
        argv = with_places_to_write((*program, "beat", "--loglevel=INFO"))
        yield CeleryProgram(ProcessType.SCHEDULER, argv, (why, *evidence))
        return


def sent_elsewhere(sources: Sources) -> Evidence | None:
    """Where the app sends a task by its name alone, in a project that defines none: a worker of it would take
    what others are to do off the queue, and drop it as unknown."""
    sent = next(
        (
            Evidence(path=module.path, line=call.lineno, reason="sends a task of Celery by its name")
            for module in sources.mentioning("send_task")
            for call in module.of(ast.Call)
            if last_name(call.func) == "send_task"
        ),
        None,
    )
    defined = sent is not None and any(map(_defines_tasks, sources.mentioning("task", "import", "include")))
    return None if defined else sent


def _defines_tasks(module: Module) -> bool:
    decorators = (
        one for node in module.of(ast.FunctionDef, ast.AsyncFunctionDef) for one in node.decorator_list
    )
    called = [last_name(one.func) for one in module.of(ast.Call)]
    named = [one.arg or "" for one in module.of(ast.keyword)]
    named += [name for one in module.of(ast.Assign) for name, _ in assigned(one)]
    named += [last_name(target) for one in module.of(ast.Assign) for target in one.targets]
    bases = (last_name(base) for one in module.of(ast.ClassDef) for base in one.bases)
    return (
        not DEFINES.isdisjoint((*called, *(last_name(one) for one in decorators)))
        or any(NAMES_MODULES.fullmatch(name) for name in named)
        or any(name.endswith("Task") for name in bases)
    )


def with_places_to_write(argv: tuple[str, ...]) -> tuple[str, ...]:
    """Beat keeps its schedule and its process id in the working directory, which is read-only: in /tmp, and
    nowhere. What it and the worker write into a log file goes where a container's logs are. Other programs
    as they are."""
    if argv[:1] != (PROGRAM,):
        return argv
    argv, words = without_log_file(argv), set(argv)
    if not words & {"beat", "-B", "--beat"}:
        return argv
    if not any(word.startswith(SCHEDULE_OPTIONS) for word in argv):
        argv = (*argv, "--schedule=/tmp/celerybeat-schedule")
    if "beat" in words and not any(word.startswith("--pidfile") for word in argv):
        argv = (*argv, "--pidfile=")
    return argv


def without_log_file(argv: tuple[str, ...]) -> tuple[str, ...]:
    """`okamochi logs` would show nothing, and why a worker ends would be told nowhere."""
    kept: list[str] = []
    skipped = False
    for word in argv:
        if skipped:
            skipped = False
        elif word in LOG_FILE:
            skipped = True
        elif not word.startswith("--logfile="):
            kept.append(word)
    return tuple(kept)


def with_few_children(argv: tuple[str, ...], sources: Sources) -> tuple[str, ...]:
    """A worker of which neither its line nor the code's configuration says how many tasks it does at once."""
    told = "worker" not in argv or any(HOW_MANY.fullmatch(word) for word in argv)
    if argv[:1] != (PROGRAM,) or told or next(sources.mentioning(*CONFIGURED), None) is not None:
        return argv
    return (*argv, FEW)


def names_no_module(command: str, sources: Sources, import_root: str) -> bool:
    """Whether what celery is to load (`celery -A jobs.celery worker`) lies nowhere in the source."""
    program, *words = command.split()
    first = re.split(r"[.:]", _reference(tuple(words)))[0]
    if program.rpartition("/")[2] != "celery" or not first:
        return False
    roots = dict.fromkeys(("", f"{import_root}/" if import_root else ""))
    return not any(
        path == f"{root}{first}.py" or path.startswith(f"{root}{first}/")
        for root in roots
        for path in sources.known
    )


def _reference(argv: tuple[str, ...]) -> str:
    for place, word in enumerate(argv):
        if NAMES_APP.match(word) is not None:
            rest = re.sub(r"^(-A|--app)=?", "", word)
            return rest or (argv[place + 1] if place + 1 < len(argv) else "")
    return ""


def _found(sources: Sources, import_root: str) -> tuple[str, tuple[Evidence, ...]]:
    for module in sources.mentioning("celery"):
        name, line = _celery_object(module)
        if not name:
            continue
        found = Evidence(path=module.path, line=line, reason=f"{name} is a Celery application")
        loads: tuple[Evidence, ...] = ()
        loader = None if _app_line(module) else _loader(module, name, sources)
        if loader is not None:
            module, name, line = loader
            why = "makes the app, whose settings and context the tasks need"
            loads = (Evidence(path=module.path, line=line, reason=why),)
        return f"{importable_name(module, sources, import_root)}:{name}", (*loads, found)
    return "", ()


def _loader(module: Module, name: str, sources: Sources) -> tuple[Module, str, int] | None:
    """celery_worker.py beside a factory: `from shop import celery, create_app`, `app = create_app()`. A
    worker that loads the object alone knows nothing of the app's settings. Of an object that knows no broker
    before there is an app, whatever makes one."""
    found = []
    bare = _is_bare(module, name)
    for other in sources.mentioning("celery"):
        line = _app_line(other)
        local = _imported_as(other, module, name, sources) if line and other is not module else ""
        if local and (bare or OF_WORKERS.search(other.path.rpartition("/")[2]) or _pushes(other)):
            found.append((other, local, line))
    return next(iter(sorted(found, key=lambda one: "celery" not in one[0].path)), None)


def _is_bare(module: Module, name: str) -> bool:
    """`celery = Celery(__name__)`, which nothing on the module's own level configures."""
    for statement in module.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=own)], value=ast.Call(args=args, keywords=keywords)) if (
                own == name
            ):
                if len(args) > 1 or not {one.arg for one in keywords} <= OF_NO_BROKER:
                    return False
            case (
                ast.Expr(value=ast.Call(func=ast.Attribute() as place))
                | ast.Assign(targets=[ast.Attribute() as place])
            ) if re.match(rf"{name}\.", ast.unparse(place)):
                return False
            case _:
                pass
    return True


def _imported_as(other: Module, module: Module, name: str, sources: Sources, depth: int = 2) -> str:
    """What `other` calls the object of `module` that it imports, straight or from a package that hands it on;
    "" when it does not."""
    for one in sources.taken(other.path):
        if one.name == name and (
            one.path == module.path
            or (depth and _imported_as(sources.module(one.path), module, name, sources, depth - 1))
        ):
            return one.local
    return ""


def _app_line(module: Module) -> int:
    """Where the module makes an app while it is imported; 0 when it makes none."""
    for statement in module.tree.body:
        for _, value in assigned(statement):
            called = last_name(value.func) if isinstance(value, ast.Call) else ""
            if called == "Flask" or MAKES_APP.fullmatch(called):
                return statement.lineno
    return 0


def _pushes(module: Module) -> bool:
    return "app_context().push()" in module.text


def _celery_object(module: Module) -> tuple[str, int]:
    """`celery = Celery(...)`, `celery_app = make_celery(app)`, at module level. In a module that makes the
    app also `celery_app = app.extensions["celery"]`, as Flask's page on Celery has it, and
    `celery = extension.celery`."""
    for statement in module.tree.body:
        for name, value in assigned(statement):
            match value:
                case ast.Call(func=function):
                    called = module.imports.full(function)
                    if called in ("celery.Celery", "celery.app.Celery") or MAKES_CELERY.fullmatch(
                        called.rpartition(".")[2]
                    ):
                        return name, statement.lineno
                case ast.Subscript(
                    value=ast.Attribute(attr="extensions"), slice=ast.Constant(value="celery")
                ) if _app_line(module):
                    return name, statement.lineno
                case ast.Attribute(attr="celery" | "celery_app") if name.startswith("celery") and _app_line(
                    module
                ):
                    return name, statement.lineno
                case _:
                    pass
    return "", 0
