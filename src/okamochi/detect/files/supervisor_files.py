"""Programs that a supervisord.conf starts beside the web server: each is a process of its own in a container.

    [program:mails]
    command=python worker.py --queue mails

https://supervisord.org/configuration.html#program-x-section-settings
"""

import posixpath
from collections.abc import Iterator

import msgspec

from okamochi.containerfiles.command_lines import commands_of
from okamochi.model.rendered_mark import text_by_people
from okamochi.pypi.manifests.setuptools_files import setup_cfg_sections
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles

__all__ = ["COMMENT", "OWN", "supervised_programs"]

NAMED = regex(r"[^/]*supervisor[^/]*\.(?:conf|ini)|supervisord?\.conf")
SECTION = regex(r"program:([\w.-]{1,60})")
COMMENT = regex(r"(?<!\s)\s++;.*")
OFF = frozenset(["false", "no", "off", "0"])
# what the project's own processes begin with; nginx, cron and databases do not run beside the app
OWN = regex(
    r"(?:\S*/)?(?:python[\d.]*|sh|bash|celery|rq|dramatiq|huey_consumer(?:\.py)?|arq|saq|taskiq|flask|[^\s/]+\.py)\s.*"
)
SERVES = regex(
    r"\b(?:gunicorn|uwsgi|uvicorn|hypercorn|daphne|granian|waitress|runserver)\b|\bflask\b.*\brun\b"
)
WEB = regex(
    r"(?i)(?:.*[-_])?(?:web|www|http|server|site|api|app|flask|django|fastapi|backend|frontend|gunicorn"
    r"|uwsgi|uvicorn|nginx)(?:[-_].*)?"
)


class SupervisedProgram(msgspec.Struct, frozen=True):
    name: str
    command: str
    path: str


def supervised_programs(project: ProjectFiles, dockerfiles: tuple[str, ...]) -> Iterator[SupervisedProgram]:
    """Of the file that one of the Dockerfiles names; of one at the root, where none names any."""
    files = [path for path in project.files("**/*upervisor*") if NAMED.fullmatch(posixpath.basename(path))]
    texts = [text_by_people(project, path) or "" for path in dockerfiles] if files else []
    named = [path for path in files if any(posixpath.basename(path) in text for text in texts)]
    for path in named or [path for path in files if "/" not in path]:
        yield from _programs(project, path)


def _programs(project: ProjectFiles, path: str) -> Iterator[SupervisedProgram]:
    for section, settings in setup_cfg_sections(project.read_text(path) or "").items():
        found = SECTION.fullmatch(section)
        command = COMMENT.sub("", settings.get("command", "").strip())
        off = settings.get("autostart", "").strip().lower() in OFF
        if found is None or off or OWN.fullmatch(command) is None:
            continue
        if SERVES.search(command) or WEB.fullmatch(found[1]):
            continue
        yield SupervisedProgram(found[1], _from_the_project(project, command), path)


def _from_the_project(project: ProjectFiles, command: str) -> str:
    """/srv/shop/worker.py, as it is called on the machine for which the file was written, is worker.py."""
    words = next(iter(commands_of(command)), ())
    for word in words[:3]:
        parts = word.split("/") if word.startswith("/") and word.endswith(".py") else []
        places = ("/".join(parts[first:]) for first in range(1, len(parts)))
        own = next((place for place in places if project.exists(place)), "")
        if own:
            return command.replace(word, own)
    return command
