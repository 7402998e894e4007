"""The plan of the desk, made from production's: the same services and packages; reload, tools, no source."""

import posixpath
import shlex

import msgspec

from okamochi.model.kit_programs import PYTHON, command_of, starter, with_doors
from okamochi.model.plan import (
    APP_ROOT,
    KIT_ROOT,
    VENV_ROOT,
    AppSource,
    Dependencies,
    Framework,
    Plan,
    ServerInterface,
    WebApplication,
)
from okamochi.model.process import Process, ProcessType, Resources, SecurityContext
from okamochi.system.words import word_tuple

__all__ = [
    "DEBUGGER_PORT",
    "TOOLS",
    "development_environment",
    "development_packages",
    "development_plan",
    "development_process",
    "tools_plan",
    "web_argv",
]

DEBUGGER_PORT = 5678
TOOLS = word_tuple("bash coreutils curl findutils git grep gzip less ncurses-base procps sed tar vim-tiny")
"""Debian packages of the images for the desk: a shell and what one types in it."""
WATCHER = f"{VENV_ROOT}/bin/watchfiles"
# Werkzeug's own pattern "*.py" matches no path with watchdog 7, which compares the whole of it: it says
# "Restarting with watchdog" and never does. As one more file this one matches, with older ones too.
RELOADED = f"{APP_ROOT}/**/*.py"
WATCHED = (Framework.FLASK, Framework.DASH, Framework.STREAMLIT)
LEAST_MEMORY = 1024 * 1024 * 1024
LEAST_PROCESSES = 512
GRACE_SECONDS = 5
OBJECT = "okamochi_object:application"
ARGUMENTS = ("(", "'", '"')


def development_plan(plan: Plan, *, user: int, group: int) -> Plan:
    """What the desk runs as the user whose files these are; the source is mounted, so the image has none."""
    return msgspec.structs.replace(
        with_tools(plan),
        dependencies=development_dependencies(plan),
        source=AppSource(exclude=("*",)),
        processes=tuple(development_process(plan, one) for one in plan.processes),
        security=desk_user(plan.security, user, group),
        moved_files=(),
        secret_files=(),
    )


def tools_plan(plan: Plan) -> Plan:
    """Production's base with a shell: it joins a running container, so it needs no package of the app."""
    return msgspec.structs.replace(
        with_tools(plan),
        dependencies=Dependencies(),
        source=AppSource(exclude=("*",)),
        processes=(plan.web,),
        volumes=(),
        moved_files=(),
        secret_files=(),
        temporary_folders=(),
    )


def with_tools(plan: Plan) -> Plan:
    """An image of a registry has a shell of its own."""
    if plan.base.kind != "debian":
        return plan
    packages = tuple(sorted({*plan.base.packages, *TOOLS}))
    return msgspec.structs.replace(plan, base=msgspec.structs.replace(plan.base, packages=packages))


def desk_user(security: SecurityContext, user: int, group: int) -> SecurityContext:
    return msgspec.structs.replace(security, run_as_user=user, run_as_group=group, run_as_non_root=user != 0)


def development_dependencies(plan: Plan) -> Dependencies:
    """Production's, the project's own for development, and what reloads and debugs."""
    asked, more = plan.dependencies, plan.development
    listed = () if more.groups or more.extras or more.files else more.specifiers
    return msgspec.structs.replace(
        asked,
        groups=tuple(dict.fromkeys((*asked.groups, *more.groups))),
        extras=tuple(dict.fromkeys((*asked.extras, *more.extras))),
        files=(*asked.files, *more.files),
        inline=(*asked.inline, *listed),
        added=(*asked.added, *development_packages(plan)),
        input_files=tuple(sorted({*asked.input_files, *more.input_files})),
    )


def development_packages(plan: Plan) -> tuple[str, ...]:
    """What the desk's commands need: debugpy, and a watcher that is told of changes instead of polling."""
    return ("debugpy", "watchfiles", *(("watchdog",) if plan.application.framework in WATCHED else ()))


def development_process(plan: Plan, process: Process) -> Process:
    """The same process for the desk: it starts again by itself when the code changes."""
    if process.type is ProcessType.RELEASE:
        return process
    web = process.type is ProcessType.WEB
    argv = web_argv(plan, process) if web else watched(command_of(process, secrets=False))
    resources = Resources(
        memory_bytes=max(process.resources.memory_bytes, LEAST_MEMORY),
        cpus=max(process.resources.cpus, 2),
        pids=max(process.resources.pids, LEAST_PROCESSES),
    )
    return msgspec.structs.replace(
        process, argv=with_doors(plan, starter(argv)), resources=resources, stop_grace_seconds=GRACE_SECONDS
    )


def web_argv(plan: Plan, web: Process) -> tuple[str, ...]:
    """The framework's own way to reload; else the production command, started again at each change."""
    application = plan.application
    reference, port = application.object_reference, str(web.port)
    match application.framework:
        case Framework.FLASK | Framework.DASH if application.interface is ServerInterface.WSGI:
            return (f"{VENV_ROOT}/bin/flask", "run", "--host", "0.0.0.0", "--port", port)
        case Framework.DJANGO if django_admin(plan):
            return (PYTHON, django_admin(plan), "runserver", f"0.0.0.0:{port}")
        case Framework.STREAMLIT:
            kept = tuple(one for one in web.argv if not one.startswith("--server.fileWatcherType"))
            return (*kept, "--server.fileWatcherType=auto", "--server.runOnSave=true")
        case Framework.PANEL:
            return (*web.argv, "--autoreload")
        case _ if application.interface is ServerInterface.ASGI and reference and uvicorn_takes(application):
            reference = OBJECT if application.parses_arguments else reference
            factory = ("--factory",) if reference.endswith("()") else ()
            options = ("--reload", *factory, "--host", "0.0.0.0", "--port", port)
            return (f"{VENV_ROOT}/bin/uvicorn", *options, reference.removesuffix("()"))
        case _:
            return watched(quick_to_stop(web.argv))


def quick_to_stop(argv: tuple[str, ...]) -> tuple[str, ...]:
    """A page that stays open, as for events of the server, keeps a worker of aiohttp until the watcher kills
    it."""
    if posixpath.basename(argv[0]) != "gunicorn":
        return argv
    return (argv[0], "--graceful-timeout", "1", *argv[1:])


def uvicorn_takes(application: WebApplication) -> bool:
    """It calls a factory without arguments only, and two frameworks have an interface of their own."""
    if application.framework in (Framework.AIOHTTP, Framework.TORNADO):
        return False
    return not any(one in application.object_reference.removesuffix("()") for one in ARGUMENTS)


def django_admin(plan: Plan) -> str:
    """The project's manage.py, "" when no process runs it."""
    words = (word for one in plan.processes for word in one.argv)
    return next((word for word in words if posixpath.basename(word) == "manage.py"), "")


def watched(argv: tuple[str, ...]) -> tuple[str, ...]:
    """Any command, started again when a Python file changes."""
    command = shlex.join(argv if posixpath.basename(argv[0]).startswith("python") else (PYTHON, *argv))
    return (WATCHER, "--filter", "python", "--sigint-timeout", "3", command, APP_ROOT)


def development_environment(plan: Plan) -> dict[str, str]:
    """On top of production's, sorted by name: what switches debugging on. It stands in no other file."""
    found = {**dict(plan.development.environment), "USER": "developer"}
    if plan.application.framework in (Framework.FLASK, Framework.DASH, Framework.QUART):
        found["FLASK_DEBUG"] = "1"
    if plan.application.framework in (Framework.FLASK, Framework.DASH):
        own = found.get("FLASK_RUN_EXTRA_FILES", "")
        found["FLASK_RUN_EXTRA_FILES"] = f"{own}:{RELOADED}" if own else RELOADED
    if loaded_by_the_kit(plan):
        # beside that module alone the flask command looks for others
        folders = dict(plan.image_environment).get("PYTHONPATH", "").split(":")
        paths = (APP_ROOT, *folders, f"{KIT_ROOT}/development")
        found["FLASK_APP"] = f"{KIT_ROOT}/development/{OBJECT}"
        found["OKAMOCHI_OBJECT"] = plan.application.object_reference
        found["PYTHONPATH"] = ":".join(dict.fromkeys(one for one in paths if one))
    return dict(sorted(found.items()))


def loaded_by_the_kit(plan: Plan) -> bool:
    """The flask command takes names and calls, no attributes of names; and an app that parses arguments would
    parse those of the desk's own command. A module of the kit loads it then."""
    application = plan.application
    attributes = application.object_reference.partition(":")[2].partition("(")[0].count(".")
    return bool(attributes) or (application.parses_arguments and bool(application.object_reference))
