"""Workers and schedulers from the code, without a Procfile: RQ, Dramatiq, Huey, arq, taskiq, APScheduler."""

import ast
import re
from collections.abc import Iterator

import msgspec

from okamochi.detect.base import Detected
from okamochi.detect.data.command_names import command_name
from okamochi.detect.files.compose_files import own_services
from okamochi.detect.source.importable import first_names, importable_name
from okamochi.detect.source.names import assigned
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import argument, walk
from okamochi.model.evidence import Evidence
from okamochi.model.plan import VENV_ROOT
from okamochi.model.process import ProcessType
from okamochi.system.patterns import line_of, regex

__all__ = ["BIN", "PLAIN", "WorkerProgram", "blocks_on_its_schedule", "worker_programs"]

BIN = f"{VENV_ROOT}/bin"
PLAIN = regex(r"[\w./:=,@-]+")


class WorkerProgram(msgspec.Struct, frozen=True):
    """One process; `environment` is what its program must be told beside the app's own variables."""

    type: ProcessType
    argv: Detected[tuple[str, ...]]
    environment: tuple[tuple[str, str], ...] = ()


def worker_programs(
    sources: Sources, names: frozenset[str], redis_variable: str = "", import_root: str = ""
) -> Iterator[WorkerProgram]:
    """At most one worker, and a scheduler. `redis_variable` is what leads the app to its Redis, "" when the
    code itself holds the address; `import_root` is where the server's modules are imported from."""
    found = _rq(sources, names, redis_variable) if names & {"rq", "flask-rq2"} else None
    for package, find in (("dramatiq", _dramatiq), ("huey", _huey), ("arq", _arq), ("taskiq", _taskiq)):
        if found is None and package in names:
            found = find(sources, import_root)
    if found is not None:
        yield found
    if "apscheduler" in names:
        yield from _apscheduler(sources)


PUTS = regex(r"\benqueue\w*\(|\.(?:delay|schedule)\(|@\s*(?:\w+\.)?job\b")


def _program(kind: ProcessType, argv: tuple[str, ...], *places: Evidence) -> WorkerProgram:
    return WorkerProgram(kind, Detected(argv, places))


def _rq(sources: Sources, names: frozenset[str], redis_variable: str) -> WorkerProgram | None:
    """A script of the project that works itself comes before RQ's own program."""
    for path in sources.all_paths:
        if "." in sources.dotted(path):
            continue  # of a package
        if "rq" not in sources.text(path) or ".work(" not in sources.text(path):
            continue
        module = sources.module(path)
        line = module.call_of("rq.Worker", "rq.SimpleWorker", "rq.worker.Worker")
        argv = _run_as(module, line) if line else ()
        if argv:
            place = Evidence(path=path, line=line, reason="is RQ's worker")
            return _program(ProcessType.WORKER, argv, place)
    if "flask-rq2" in names:
        found = next((one for one in sources.paths if "flask_rq2" in sources.text(one)), "")
        place = Evidence(path=found, reason="Flask-RQ2 brings flask rq")
        return _program(ProcessType.WORKER, (f"{BIN}/flask", "rq", "worker"), place) if found else None
    queues = tuple(_queues(sources))
    if not redis_variable:
        return _composed_rq(sources)
    if not queues or not any(PUTS.search(sources.text(path)) for path in sources.paths):
        return None  # a dashboard looks at the queues of others
    named = dict.fromkeys(name for name, _ in queues)
    argv = (f"{BIN}/rq", "worker", *named)
    # rq's own variable: its option would need a shell
    told = () if redis_variable == "RQ_REDIS_URL" else (("OKAMOCHI_SAME", f"RQ_REDIS_URL={redis_variable}"),)
    return WorkerProgram(ProcessType.WORKER, Detected(argv, tuple(place for _, place in queues[:3])), told)


def _run_as(module: Module, line: int) -> tuple[str, ...]:
    """How the script comes to its line: as it is, or by the command whose function holds it; () when only
    others call that function."""
    script = (f"{BIN}/python", module.path)
    holder = next(
        (
            one
            for one in module.tree.body
            if isinstance(one, ast.FunctionDef) and one.lineno <= line <= (one.end_lineno or 0)
        ),
        None,
    )
    if holder is None:
        return script
    for decorator in holder.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if not isinstance(called, ast.Attribute) or called.attr != "command":
            continue
        name = command_name(decorator if isinstance(decorator, ast.Call) else None, holder.name)
        of_the_app = isinstance(called.value, ast.Attribute) and called.value.attr == "cli"
        return (f"{BIN}/flask", name) if of_the_app else (*script, name)
    calls = (one.func for one in module.of(ast.Call))
    return script if any(isinstance(one, ast.Name) and one.id == holder.name for one in calls) else ()


def _composed_rq(sources: Sources) -> WorkerProgram | None:
    """As the Compose file starts it, address and all, since the code itself names the host as well:
    command: rq worker --url redis://redis:6379 mails"""
    for service in own_services(sources.project):
        command = service.settings.get("command")
        words = command if isinstance(command, list) else str(command or "").split()
        if [str(word) for word in words[:2]] == ["rq", "worker"] and all(
            PLAIN.fullmatch(str(w)) for w in words
        ):
            place = Evidence(path=service.path, reason=f"service {service.name}: rq worker")
            return _program(ProcessType.WORKER, (f"{BIN}/rq", *map(str, words[1:])), place)
    return None


def _queues(sources: Sources) -> Iterator[tuple[str, Evidence]]:
    for module in sources.mentioning("Queue"):
        for node in module.nodes:
            if not isinstance(node, ast.Call) or module.imports.full(node.func) not in (
                "rq.Queue",
                "rq.queue.Queue",
            ):
                continue
            given = argument(node, 0, "name")
            name = given.value if isinstance(given, ast.Constant) else "" if given is not None else "default"
            if isinstance(name, str) and re.fullmatch(r"[\w.:-]+", name):
                place = Evidence(path=module.path, line=node.lineno, reason=f"RQ's queue {name}")
                yield name, place


def _dramatiq(sources: Sources, import_root: str) -> WorkerProgram | None:
    """All modules with actors; the one that sets the broker first, else actors would find another one."""
    brokers, actors = [], []
    for module in sources.mentioning("dramatiq"):
        line = module.call_of("dramatiq.set_broker")
        if line:
            place = Evidence(path=module.path, line=line, reason="sets Dramatiq's broker")
            brokers.append((importable_name(module, sources, import_root), place))
        line = _decorated(module, ("dramatiq.actor",))
        if line:
            place = Evidence(path=module.path, line=line, reason="holds Dramatiq's actors")
            actors.append((importable_name(module, sources, import_root), place))
    if not actors:
        return None
    modules = dict.fromkeys(name for name, _ in (*brokers[:1], *actors))
    argv = (f"{BIN}/dramatiq", *modules, "--processes", "1", "--threads", "4")
    return _program(ProcessType.WORKER, argv, *(place for _, place in (*brokers[:1], *actors[:3])))


# MiniHuey runs its tasks where it is, and has no consumer
HUEYS = regex(r"huey(\.\w+)*\.(?!Mini)\w*Huey")


def _huey(sources: Sources, import_root: str) -> WorkerProgram | None:
    """A module that defines tasks and holds the instance: the consumer must know the tasks."""
    instances = {}
    makers = {name for module in sources.mentioning("Huey") for name in _makers(module)}
    for module in sources.mentioning("Huey", *sorted(makers)):
        for name, line, called in _assigned_calls(module):
            if HUEYS.fullmatch(called) or called.rpartition(".")[2] in makers:
                instances[name] = (module, line)
    for module in sources.mentioning(*(f"@{name}." for name in sorted(instances))) if instances else ():
        for name in sorted(instances):
            found = re.search(rf"^@{re.escape(name)}\.(task|periodic_task|context_task)\b", module.text, re.M)
            if found is None:
                continue
            place = Evidence(path=module.path, line=line_of(found), reason=f"tasks of Huey's {name}")
            owner, made = instances[name]
            maker = Evidence(path=owner.path, line=made, reason=f"{name} is Huey's")
            argv = (
                f"{BIN}/huey_consumer",
                f"{importable_name(module, sources, import_root)}.{name}",
                "--workers",
                "2",
            )
            return _program(ProcessType.WORKER, argv, place, maker)
    return None


def _makers(module: Module) -> Iterator[str]:
    """Functions of the project that return one of Huey's, and its own kinds of them."""
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef):
            if any(HUEYS.fullmatch(module.imports.full(base)) for base in node.bases):
                yield node.name
        elif isinstance(node, ast.FunctionDef):
            known = module.imports.inside(node, own=False)
            made = {
                name
                for statement in node.body
                for name, value in assigned(statement)
                if isinstance(value, ast.Call) and HUEYS.fullmatch(known.full(value.func))
            }
            for inner in walk(node):
                value = inner.value if isinstance(inner, ast.Return) else None
                if (isinstance(value, ast.Name) and value.id in made) or (
                    isinstance(value, ast.Call) and HUEYS.fullmatch(known.full(value.func))
                ):
                    yield node.name


def _arq(sources: Sources, import_root: str) -> WorkerProgram | None:
    """A class that lists what it runs: arq takes it by whatever name. https://arq-docs.helpmanual.io/#usage"""
    found = [
        (statement.name != "WorkerSettings", module, statement)
        for module in sources.mentioning("arq", "WorkerSettings")
        for statement in module.tree.body
        if isinstance(statement, ast.ClassDef) and _lists_functions(statement)
        if statement.name.endswith("WorkerSettings") or "arq" in first_names(module)
    ]
    if not found:
        return None
    _, module, node = min(found, key=lambda one: one[0])
    place = Evidence(path=module.path, line=node.lineno, reason=f"arq's {node.name}")
    argv = (f"{BIN}/arq", f"{importable_name(module, sources, import_root)}.{node.name}")
    return _program(ProcessType.WORKER, argv, place)


def _lists_functions(node: ast.ClassDef) -> bool:
    targets = [one for statement in node.body for one, _ in assigned(statement)]
    return not {"functions", "cron_jobs"}.isdisjoint(targets)


# of its own package and of those that bring its other brokers; the one in memory runs tasks where it is
BROKERS = regex(r"(?:taskiq|taskiq_\w+)(?:\.\w+)*\.(?!InMemory)\w*Broker")


def _taskiq(sources: Sources, import_root: str) -> WorkerProgram | None:
    """The first broker that a name of a module holds, and the modules that define its tasks.
    https://taskiq-python.github.io/guide/cli.html#worker"""
    for module in sources.mentioning("taskiq"):
        for statement in module.tree.body:
            for name, value in assigned(statement):
                calls = [one for one in walk(value) if isinstance(one, ast.Call)]
                if not any(BROKERS.fullmatch(module.imports.full(one.func)) for one in calls):
                    continue
                own = importable_name(module, sources, import_root)
                place = Evidence(path=module.path, line=statement.lineno, reason=f"{name} is taskiq's broker")
                tasks = [
                    (importable_name(one, sources, import_root), one)
                    for one in sources.mentioning(f"@{name}.task")
                    if one is not module
                ]
                places = (Evidence(path=one.path, reason="holds taskiq's tasks") for _, one in tasks[:3])
                argv = (f"{BIN}/taskiq", "worker", f"{own}:{name}", *dict.fromkeys(n for n, _ in tasks))
                return _program(ProcessType.WORKER, (*argv, "--workers", "1"), place, *places)
    return None


def _apscheduler(sources: Sources) -> Iterator[WorkerProgram]:
    """A script that blocks on its schedule is a process; a BackgroundScheduler lives in another one."""
    for path in sources.all_paths:
        if "/" in path or "BlockingScheduler" not in sources.text(path):
            continue
        line = blocks_on_its_schedule(sources.module(path))
        if line:
            place = Evidence(path=path, line=line, reason="blocks on APScheduler's schedule")
            yield _program(ProcessType.SCHEDULER, (f"{BIN}/python", path), place)
            return


def blocks_on_its_schedule(module: Module) -> int:
    """The line that makes APScheduler's blocking scheduler, where the module starts one; 0."""
    line = module.call_of("apscheduler.schedulers.blocking.BlockingScheduler")
    return line if ".start()" in module.text else 0


def _decorated(module: Module, names: tuple[str, ...]) -> int:
    """Also where the package comes by way of a module of the project: `from app.actors import dramatiq`."""
    for node in module.nodes:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for decorator in node.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            if f".{module.imports.full(called)}".endswith(tuple(f".{name}" for name in names)):
                return decorator.lineno
    return 0


def _assigned_calls(module: Module) -> Iterator[tuple[str, int, str]]:
    """(name, line, what is called) of assignments at module level."""
    for statement in module.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=function)):
                yield name, statement.lineno, module.imports.full(function)
            case _:
                pass
