"""How the README and scripts of the desk start the app: they choose where several apps are as good.

export FLASK_APP=app        run.sh, run.bat: set FLASK_APP=app
$ python main.py            README.md
"""

import re
from collections.abc import Iterator

from okamochi.containerfiles.command_lines import ServedObject, served_by
from okamochi.detect.base import Detected
from okamochi.detect.files.flask_app_texts import WORD, unquoted
from okamochi.model.evidence import Evidence
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles

__all__ = ["flask_apps_of_scripts", "readme_scripts"]

SCRIPTS = regex(
    r"(?i)(?:.*[-_])?(?:boot|start|run|startup|server?|serve|launch)(?:[-_].*)?\.(?:sh|bat|cmd|ps1)"
)
README = regex(r"(?i)readme(?:[._-]\w+)?\.(?:md|markdown|rst|txt)|readme")
FLASK_APP = regex(rf"(?i)\s*(?:export\s+|set\s+\"?|\$env:)?FLASK_APP\s*=\s*(?P<app>{WORD})\"?(?:[\s;&].*)?")
SPAN = regex(r"`([^`\n]+)`")
PROMPT = regex(r"^[\s$>%#*.\d-]*(?:PS .*?>|\(\w+\)\s*[$>]?)?\s*")
MOST_CHARACTERS = 60_000


def flask_apps_of_scripts(project: ProjectFiles) -> Iterator[tuple[str, int, str]]:
    """Path, line and value."""
    for path in project.files("*"):
        if SCRIPTS.fullmatch(path):
            for number, line in enumerate(_text(project, path).splitlines(), start=1):
                match = FLASK_APP.fullmatch(line)
                if match is not None:
                    yield path, number, unquoted(match["app"])


def readme_scripts(project: ProjectFiles) -> Iterator[Detected[ServedObject]]:
    """Files of the project that a line of a README starts, whatever does it."""
    for path in project.files("*"):
        if README.fullmatch(path) is None:
            continue
        for number, line in enumerate(_text(project, path).splitlines(), start=1):
            for text in (PROMPT.sub("", line), *SPAN.findall(line)):
                for script in _scripts(text):
                    if project.exists(script):
                        evidence = Evidence(path=path, line=number, reason=f"starts {script}")
                        yield Detected(ServedObject("python", script, script=True), (evidence,))


def _scripts(text: str) -> Iterator[str]:
    match = FLASK_APP.fullmatch(text)
    served = served_by(text) if match is None else (ServedObject("flask", unquoted(match["app"])),)
    for one in served:
        name = one.reference.partition(":")[0]
        yield name if name.endswith(".py") else f"{name.replace('.', '/')}.py"


def _text(project: ProjectFiles, path: str) -> str:
    text = project.read_text(path) or ""
    return re.sub(r"\r\n?", "\n", text) if len(text) <= MOST_CHARACTERS else ""
