"""What the project's own files say about how it is started: Procfile, gunicorn.conf.py, FLASK_APP,
Dockerfile, compose files, platform files. Statements only rank what the source
holds; a stale one is never believed.
"""

import ast
import re
from collections.abc import Iterator
from enum import IntEnum

import msgspec

from okamochi.containerfiles.command_lines import ServedObject, command_text, commands_of, served_by
from okamochi.containerfiles.yaml_files import yaml_of
from okamochi.detect.base import Detected
from okamochi.detect.files.flask_app_texts import WORD, unquoted
from okamochi.detect.files.told_starts import flask_apps_of_scripts, readme_scripts
from okamochi.detect.serving.served_in_code import served_in_code
from okamochi.detect.source.sources import Sources
from okamochi.model.evidence import Evidence
from okamochi.model.rendered_mark import text_by_people
from okamochi.system.data_text import json_of
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles
from okamochi.system.python_text import syntax_tree
from okamochi.system.tables import table_of

__all__ = ["Statement", "StatementRank", "procfile_lines", "statements"]


class StatementRank(IntEnum):
    """How far a statement is believed; lower is stronger."""

    PROCFILE = 1
    GUNICORN_CONFIG = 2
    FLASK_APP = 3
    DEPLOYMENT = 4
    SCRIPT = 5


class Statement(msgspec.Struct, frozen=True):
    rank: StatementRank
    served: ServedObject


Found = Detected[Statement]
RUN_AS_MODULE = regex(
    r"\bpython[\d.]*(?: -[uOBI])* -m (?P<module>[A-Za-z_][\w.]*)(?P<rest>(?: [\w./:=,@%+${}-]+)*)"
)
FLASK_APP_OF_ENV = regex(rf"\bFLASK_APP(?:=({WORD})|\s+(\S.*))")
FLASK_APP_OF_COMPOSE = regex(
    r"\s*(?:-\s*)?(?P<quote>[\"']?)FLASK_APP[\"']?\s*[:=]\s*(?P<value>[\w./:\"'].*?)(?P=quote)\s*"
)


def statements(sources: Sources) -> tuple[Detected[Statement], ...]:
    """All statements about the object that a server loads, the strongest first."""
    project = sources.project
    found = (
        *_procfile(project),
        *_gunicorn_config(project),
        *_flask_app_files(project),
        *_dockerfiles(project),
        *_compose_files(project),
        *_platform_files(project),
        *_start_scripts(project),
    )
    found = (*found, *_in_code(sources, found))
    return tuple(sorted(found, key=lambda one: one.value.rank))


def procfile_lines(project: ProjectFiles) -> tuple[tuple[str, str, int], ...]:
    """Process name, command and line number of each line of the Procfile."""
    text = project.read_text("Procfile") or ""
    lines: list[tuple[str, str, int]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        match = re.fullmatch(r"\s*([A-Za-z0-9_-]+)\s*:\s*(.+?)\s*", line)
        if match is not None:
            lines.append((match.group(1), match.group(2), number))
    return tuple(lines)


def _procfile(project: ProjectFiles) -> Iterator[Found]:
    for name, command, line in procfile_lines(project):
        if name == "web":
            yield from _from_command(project, "Procfile", line, command, StatementRank.PROCFILE, "web: ")


def _from_command(
    project: ProjectFiles, path: str, line: int, command: str, rank: StatementRank, prefix: str = ""
) -> Iterator[Found]:
    for served in served_by(command):
        if served.server in ("flask", "quart"):
            own = StatementRank.FLASK_APP
        elif served.script:
            own = StatementRank.SCRIPT
        else:
            own = rank
        reason = f"{prefix}{told(served)}"
        yield Detected(Statement(max(own, rank), served), (Evidence(path=path, line=line, reason=reason),))
    yield from _module_run(project, path, line, command)
    for argv in commands_of(command):
        script = next((word for word in argv if word.endswith(".sh")), "").removeprefix("./")
        script = script.removeprefix("/app/").lstrip("/")
        if script and project.exists(script):
            yield from _script(project, script, rank)


def _module_run(project: ProjectFiles, path: str, line: int, command: str) -> Iterator[Found]:
    """`python -m shop --port=8080`, where that is a module of the project: a script with its arguments."""
    found = RUN_AS_MODULE.search(command)
    stem = found["module"].replace(".", "/") if found is not None else ""
    for module in (f"{stem}/__main__.py", f"{stem}.py") if stem else ():
        if found is not None and project.exists(module):
            served = ServedObject("python", module, script=True, arguments=tuple(found["rest"].split()))
            evidence = Evidence(path=path, line=line, reason=f"runs {module}")
            yield Detected(Statement(StatementRank.SCRIPT, served), (evidence,))
            return


def _script(project: ProjectFiles, path: str, rank: StatementRank) -> Iterator[Found]:
    for number, line in _logical_lines(project.read_text(path) or ""):
        for served in served_by(line):
            own = StatementRank.SCRIPT if served.script or served.server == "flask" else rank
            evidence = Evidence(path=path, line=number, reason=told(served))
            yield Detected(Statement(own, served), (evidence,))


def _gunicorn_config(project: ProjectFiles) -> Iterator[Found]:
    for path in ("gunicorn.conf.py", "gunicorn_config.py", "gunicorn.config.py"):
        text = project.read_text(path) or ""
        tree = syntax_tree(text)
        for statement in tree.body if tree is not None else ():
            if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Constant):
                continue
            names = [target.id for target in statement.targets if isinstance(target, ast.Name)]
            value = statement.value.value
            if "wsgi_app" in names and isinstance(value, str):
                evidence = Evidence(path=path, line=statement.lineno, reason=f"wsgi_app = {value!r}")
                served = ServedObject("gunicorn", value)
                yield Detected(Statement(StatementRank.GUNICORN_CONFIG, served), (evidence,))


def _flask_app_files(project: ProjectFiles) -> Iterator[Found]:
    """FLASK_APP of .flaskenv and .env; no other value of these files is looked at."""
    for path in (".flaskenv", ".env"):
        for number, line in enumerate((project.read_text(path) or "").splitlines(), start=1):
            match = re.fullmatch(r"\s*(?:export\s+)?FLASK_APP\s*=\s*(.+?)\s*", line)
            if match is not None:
                yield _flask_app(path, number, match.group(1))


def _flask_app(path: str, line: int, text: str) -> Found:
    value = unquoted(text)
    evidence = Evidence(path=path, line=line, reason=f"FLASK_APP={value}")
    return Detected(Statement(StatementRank.FLASK_APP, ServedObject("flask", value)), (evidence,))


def _dockerfiles(project: ProjectFiles) -> Iterator[Found]:
    for path in _named(project, r"(.*\.)?Dockerfile([.-].*)?|Containerfile"):
        entry = ""
        for number, line in _logical_lines(text_by_people(project, path) or ""):
            word, _, rest = line.strip().partition(" ")
            match word.upper():
                case "FROM":
                    entry = ""
                case "ENTRYPOINT" | "CMD" as instruction:
                    command = _shell_form(rest)
                    if instruction == "ENTRYPOINT":
                        entry = command
                    elif entry and not any(map(served_by, (entry, command))):
                        command = f"{entry} {command}"
                    yield from _from_command(project, path, number, command, StatementRank.DEPLOYMENT)
                case "ENV":
                    match = FLASK_APP_OF_ENV.search(rest)
                    if match is not None:
                        yield _flask_app(path, number, match[1] or match[2])
                case _:
                    pass


def _shell_form(text: str) -> str:
    """The exec form (a JSON list) as a shell line; a shell form as it is."""
    try:
        argv = json_of(text)
    except ValueError:
        return text
    return command_text(argv)


def _compose_files(project: ProjectFiles) -> Iterator[Found]:
    for path in _named(project, r"(docker-)?compose([.-].*)?\.ya?ml"):
        text = text_by_people(project, path) or ""
        if not re.search(
            r"gunicorn|FLASK_APP|waitress|uwsgi|granian|flask|python|uvicorn|streamlit|panel|bokeh|chainlit|shiny|marimo|solara|daphne|hypercorn|fastapi",
            text,
        ):
            continue
        services = table_of(yaml_of(text), "services")
        lines = text.splitlines()
        for service in services.values():
            for key in ("entrypoint", "command"):
                command = command_text(table_of(service).get(key))
                line = _line_of(lines, command)
                yield from _from_command(project, path, line, command, StatementRank.DEPLOYMENT)
        for number, line_text in enumerate(lines, start=1):
            match = FLASK_APP_OF_COMPOSE.fullmatch(line_text)
            if match is not None:
                yield _flask_app(path, number, match["value"])


def _line_of(lines: list[str], command: str) -> int:
    """The line that holds the first telling word of a command; 0 when none does."""
    words = [word for word in command.split() if ":" in word or word.endswith((".py", ".sh"))]
    for number, line in enumerate(lines if words else (), start=1):
        if any(word.strip("\"'") in line for word in words):
            return number
    return 0


def _platform_files(project: ProjectFiles) -> Iterator[Found]:
    """Start commands of render.yaml, fly.toml, railway, app.yaml, app.json, nixpacks, uwsgi.ini."""
    names = r"render\.ya?ml|fly\.toml|railway\.(toml|json)|app\.ya?ml|app\.json|nixpacks\.toml|zeabur\.json"
    for path in _named(project, names):
        for number, line in enumerate((project.read_text(path) or "").splitlines(), start=1):
            match = re.search(
                r"(gunicorn|waitress-serve|uwsgi|granian|uvicorn|hypercorn|daphne"
                r"|(?:streamlit|chainlit|shiny|marimo|solara) run)\b.*",
                line,
            )
            if match is not None:
                command = match.group(0).rstrip("\"', ]")
                yield from _from_command(project, path, number, command, StatementRank.DEPLOYMENT)
    yield from _uwsgi_ini(project)


def _uwsgi_ini(project: ProjectFiles) -> Iterator[Found]:
    for path in _named(project, r"uwsgi\.ini|.*uwsgi\.ini"):
        values: dict[str, tuple[str, int]] = {}
        for number, line in enumerate((project.read_text(path) or "").splitlines(), start=1):
            key, equals, value = line.partition("=")
            if equals:
                values[key.strip()] = (value.strip(), number)
        module, number = values.get("module") or values.get("wsgi") or values.get("wsgi-file") or ("", 0)
        name = values.get("callable", ("", 0))[0]
        reference = module.removesuffix(".py").replace("/", ".")
        if reference:
            full = f"{reference}:{name}" if name and ":" not in reference else reference
            evidence = Evidence(path=path, line=number, reason=f"uwsgi loads {full}")
            served = ServedObject("uwsgi", full)
            yield Detected(Statement(StatementRank.DEPLOYMENT, served), (evidence,))


def _start_scripts(project: ProjectFiles) -> Iterator[Found]:
    names = r"(.*[-_])?(boot|start|run|startup|entrypoint|start_server|gunicorn_start|serve)([-_].*)?\.sh"
    for path in _named(project, names):
        yield from _script(project, path, StatementRank.SCRIPT)
    for path, number, value in flask_apps_of_scripts(project):
        yield _flask_app(path, number, value)
    for one in readme_scripts(project):
        yield Detected(Statement(StatementRank.SCRIPT, one.value), one.evidence)


def _in_code(sources: Sources, found: tuple[Found, ...]) -> Iterator[Found]:
    scripts = (one.value.served.reference for one in found if one.value.served.script)
    for one in served_in_code(sources, scripts):
        yield Detected(Statement(StatementRank.DEPLOYMENT, one.served), (one.evidence,))


def _named(project: ProjectFiles, pattern: str) -> tuple[str, ...]:
    """Files directly in the project's folder whose whole name matches."""
    return tuple(path for path in project.files("*") if re.fullmatch(pattern, path))


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with backslash continuations joined and comment lines dropped; numbered by where they begin."""
    waiting, start = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("#"):
            continue
        start = start or number
        if line.rstrip().endswith("\\"):
            waiting += line.rstrip()[:-1] + " "
            continue
        yield start, waiting + line
        waiting, start = "", 0
    if waiting:
        yield start, waiting


def told(served: ServedObject) -> str:
    """What the command does, without its other words: those may hold secrets."""
    return f"runs {served.reference}" if served.script else f"{served.server} serves {served.reference}"
