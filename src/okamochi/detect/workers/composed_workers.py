"""Workers that a compose file starts from the project's own image: services that are built here, with the
command of a worker's program, with a script of the project that goes on for ever and serves nothing, or
with a command that the project gives `flask`:

    worker:
      build: .
      command: python consumer.py
      restart: unless-stopped

Those of RQ are another module's: they have to be told where Redis is."""

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from okamochi.containerfiles.command_lines import command_text, commands_of
from okamochi.detect.files.compose_files import own_services
from okamochi.detect.files.container_scripts import container_script
from okamochi.detect.files.platform_files import StatedCommand
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles

__all__ = ["WORKER_PROGRAMS", "composed_workers", "unknown_workers"]

WORKER_PROGRAMS = frozenset(
    ["celery", "dramatiq", "huey_consumer", "huey_consumer.py", "arq", "saq", "taskiq"]
)
# celery and taskiq have other commands, too: dashboards, questions
STARTED = frozenset(["worker", "beat", "scheduler"])
SEVERAL = frozenset(["celery", "taskiq"])
PYTHON = regex(r"python[\d.]*")
# a script that waits for ever, and one that is a server of its own
ENDLESS = regex(
    r"^\s*while\s+(?:True|1)\s*:|\brun_forever\(|\bstart_consuming\(|\brun_polling\(", re.MULTILINE
)
SERVES = regex(
    r"\.run\(|\brun_app\(|\bserve\(|\blaunch\(|\brunserver\b|HTTPServer\(|\b(?:Flask|FastAPI|Quart)\("
)
OF_SHELLS = regex(r"[$`<>|&;]")
CALLED_SO = regex(r"(?i).*(?:worker|scheduler|consumer|beat|celery|queue|cron|clock).*")
KEPT_UP = frozenset(["always", "unless-stopped"])


def composed_workers(project: ProjectFiles) -> tuple[StatedCommand, ...]:
    """Named as their services are. What a service does beside that (`sleep 5 && celery ...`) is left out; a
    command with a variable of the shell is no statement."""
    return tuple(
        StatedCommand(service.name, command, service.path, service.line_of(f"{service.name}:"))
        for service in own_services(project)
        if (command := _command(service.settings, project) or _script(service.settings, project))
    )


def unknown_workers(project: ProjectFiles) -> tuple[StatedCommand, ...]:
    """Services that are called so, of the very image that one with ports serves from, whose command does not
    say what it starts: a word that the image's entrypoint takes apart, or a script of a shell."""
    services = own_services(project)
    serving = [one.settings["build"] for one in services if _is_reached(one.settings)]
    return tuple(
        StatedCommand(one.name, command, one.path, one.line_of(f"{one.name}:"))
        for one in services
        if CALLED_SO.fullmatch(one.name) and one.settings["build"] in serving
        if not _is_reached(one.settings) and not one.settings.get("profiles")
        if (command := command_text(one.settings.get("command") or one.settings.get("entrypoint")))
        if not _command(one.settings, project) and not _script(one.settings, project)
    )


def _is_reached(settings: Mapping[str, Any]) -> bool:
    return any(settings.get(key) for key in ("ports", "expose"))


def _script(settings: Mapping[str, Any], project: ProjectFiles) -> str:
    """The command of a service that runs a script of the project, and stays: Compose keeps it up, or the
    script has no end. One that is reached from outside serves, one of a profile is run by hand."""
    if _is_reached(settings) or any(settings.get(key) for key in ("profiles", "entrypoint")):
        return ""
    command = command_text(settings.get("command"))
    try:
        argv = shlex.split(command)
    except ValueError:
        return ""
    if len(argv) < 2 or OF_SHELLS.search(command):
        return ""
    text = _source_of_worker(argv, project)
    restart = str(settings.get("restart") or "").partition(":")[0]
    stays = restart in KEPT_UP or ENDLESS.search(text) is not None
    return shlex.join(argv) if text and stays else ""


def _source_of_worker(argv: list[str], project: ProjectFiles) -> str:
    """Of what the command runs; "" for what serves, or is not the project's."""
    program = argv[0].rpartition("/")[2]
    if PYTHON.fullmatch(program) is not None:
        text = next((found for word in argv[1:4] if (found := _source_of(word, project))), "")
        return "" if SERVES.search(text) else text
    return _commands_of_flask(argv[1], project) if program == "flask" and len(argv) == 2 else ""


def _commands_of_flask(name: str, project: ProjectFiles) -> str:
    """The module of the project that gives `flask` a command of that name: @app.cli.command("run-worker");
    "" where none does."""
    stated = re.compile(rf"""\.command\(\s*(?:name\s*=\s*)?["']{re.escape(name)}["']""")
    modules = (project.read_text(path) or "" for path in project.files("**/*.py"))
    return next((text for text in modules if name in text and stated.search(text)), "")


def _source_of(word: str, project: ProjectFiles) -> str:
    """Of a script by its path, or of a module by its name."""
    path = word.removeprefix("./").removeprefix("/app/")
    places = (
        (path,)
        if path.endswith(".py")
        else (f"{path.replace('.', '/')}{end}" for end in (".py", "/__main__.py"))
    )
    return next((text for one in places if (text := project.read_text(one))), "")


def _command(settings: Mapping[str, Any], project: ProjectFiles) -> str:
    """ "" for a service that starts no worker, or several."""
    for key in ("command", "entrypoint"):
        started = tuple(one for one in _started(settings, key, project) if _is_worker(one))
        if len(started) == 1:
            return "" if "$" in "".join(started[0]) else shlex.join(started[0])
    return ""


def _started(settings: Mapping[str, Any], key: str, project: ProjectFiles) -> Iterator[tuple[str, ...]]:
    """By the command itself, or by a script of the project that it starts; without what watches files at the
    desk."""
    for argv in commands_of(command_text(settings.get(key))):
        script = container_script(project, settings, argv)
        for one in commands_of(script) if script else (argv,):
            yield _watched(one)


def _watched(argv: tuple[str, ...]) -> tuple[str, ...]:
    """watchfiles --filter python "celery -A shop worker"
    watchfiles celery.__main__.main --args "-A shop worker"
    watchmedo auto-restart -d . -- celery -A shop worker"""
    program = argv[0].rpartition("/")[2]
    if program == "watchmedo" and "celery" in argv:
        return argv[argv.index("celery") :]
    if program != "watchfiles":
        return argv
    if "celery.__main__.main" in argv and "--args" in argv[:-1]:
        return ("celery", *shlex.split(argv[argv.index("--args") + 1]))
    inner = next((one for one in argv[1:] if " " in one), "")
    return next(iter(commands_of(inner)), argv)


def _is_worker(argv: tuple[str, ...]) -> bool:
    program = argv[0].rpartition("/")[2]
    return program in WORKER_PROGRAMS and (program not in SEVERAL or not STARTED.isdisjoint(_words(argv)))


def _words(argv: tuple[str, ...]) -> Iterator[str]:
    return (word for word in argv[1:] if not word.startswith("-"))
