"""Workers and schedulers of Django projects that are commands of manage.py: those of known packages, where
the settings install them, and commands of the project's own that block on APScheduler's schedule.
"""

import ast
from collections.abc import Iterator

from okamochi.detect.base import Detected
from okamochi.detect.frameworks.django import manage_py
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import descendants
from okamochi.detect.workers.worker_programs import BIN, PLAIN, WorkerProgram, blocks_on_its_schedule
from okamochi.model.evidence import Evidence
from okamochi.model.process import ProcessType

__all__ = ["django_workers", "path_of_command"]

# the name in INSTALLED_APPS, and what its own documentation starts:
# https://django-q2.readthedocs.io/en/master/cluster.html, https://github.com/rq/django-rq#running-workers,
# https://huey.readthedocs.io/en/latest/django.html, https://github.com/Bogdanp/django_dramatiq#running-workers,
# https://django-background-tasks.readthedocs.io/en/latest/#running-tasks,
# https://github.com/RealOrangeOne/django-tasks-db
COMMANDS = {
    "django_q": ("qcluster",),
    "django_rq": ("rqworker",),
    "huey.contrib.djhuey": ("run_huey",),
    "django_dramatiq": ("rundramatiq", "--processes", "1", "--threads", "4"),
    "background_task": ("process_tasks",),
    "django_tasks.backends.database": ("db_worker",),
    "django_tasks_db": ("db_worker",),
}
QUEUES = "RQ_QUEUES"
OWN_COMMANDS = "/management/commands/"


def django_workers(sources: Sources, import_root: str) -> Iterator[WorkerProgram]:
    """At most one worker, and a scheduler."""
    manage = manage_py(sources, import_root)
    if not manage:
        return
    for app, place in _installed(sources):
        words = COMMANDS[app]
        queues = _queues(sources) if app == "django_rq" else ()
        yield _program(ProcessType.WORKER, (f"{BIN}/python", manage, *words, *queues), place)
        break
    for path in sources.all_paths:
        if OWN_COMMANDS in path and "BlockingScheduler" in sources.text(path):
            line = blocks_on_its_schedule(sources.module(path))
            if line:
                command = path.rpartition("/")[2].removesuffix(".py")
                place = Evidence(
                    path=path, line=line, reason="a command that blocks on APScheduler's schedule"
                )
                yield _program(ProcessType.SCHEDULER, (f"{BIN}/python", manage, command), place)
                return


def path_of_command(sources: Sources, command: str) -> str:
    """The file of a command of the project's own; ""."""
    end = f"{OWN_COMMANDS}{command}.py"
    return next((path for path in sources.all_paths if f"/{path}".endswith(end)), "")


def _program(kind: ProcessType, argv: tuple[str, ...], place: Evidence) -> WorkerProgram:
    return WorkerProgram(kind, Detected(argv, (place,)))


def _installed(sources: Sources) -> Iterator[tuple[str, Evidence]]:
    """Where settings name one of the packages as an app; lists that only become a part of INSTALLED_APPS
    (THIRD_PARTY_APPS) count as well."""
    for module in sources.mentioning("INSTALLED_APPS"):
        for node in (below for value in _lists_of_apps(module) for below in descendants(value)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in COMMANDS:
                reason = f"installs {node.value}"
                yield node.value, Evidence(path=module.path, line=node.lineno, reason=reason)


def _lists_of_apps(module: Module) -> Iterator[ast.expr]:
    """What is given to such lists, at once or later."""
    for node in module.of(ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Call):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.expr() as value) | (
                ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                | ast.AugAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ) if name.endswith("APPS"):
                yield value
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name)), args=args) if name.endswith("APPS"):
                yield from args
            case _:
                pass


def _queues(sources: Sources) -> tuple[str, ...]:
    """In the order of the settings; RQ's own default where they are not written out."""
    for module in sources.mentioning(QUEUES):
        for statement in module.tree.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict(keys=keys)) if name == QUEUES:
                    named = [one.value for one in keys if isinstance(one, ast.Constant)]
                    return tuple(one for one in named if isinstance(one, str) and PLAIN.fullmatch(one))
                case _:
                    pass
    return ("default",)
