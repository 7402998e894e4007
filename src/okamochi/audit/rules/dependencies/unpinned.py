"""Requirements have no upper bound, so that each build installs something else.

`flask` without a version is the newest on the day of the build. A rebuild for another reason brings new
major releases: of 55 public apps that were started by hand, several did not start any more, because
Starlette, WTForms, Werkzeug or Streamlit had moved on since.

Fix: a lock (`uv lock`, `pip-compile`, Pipfile.lock) that the image installs from, or `==` for each line.

Okamochi: okamochi.lock holds each version with the digest of its files, and stays until `okamochi lock`
renews it.

See: https://pip.pypa.io/en/stable/topics/repeatable-installs/
"""

import posixpath
import re

from okamochi.audit.declared import Line, requirement_lines
from okamochi.audit.rule import Finds, Found, Severity
from okamochi.audit.rules.dependencies.tool_beside_app import TOOLS
from okamochi.audit.setup import Dockerfile, Setup
from okamochi.audit.steps import Install, installs, makers
from okamochi.containerfiles.dockerfile import Stage
from okamochi.system.words import some_of

__all__ = ["in_project", "is_loose"]

SEVERITY = Severity.WARNING
BOUND = re.compile(r"==|~=|<")
PACKAGE = re.compile(r"[A-Za-z][\w-]*(?:\.[\w-]+)*(?:\[[\w,-]+\])?(?:>=?[\w.]+)?")


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        for stage in makers(file) if not file.desk else ():
            for one in installs(stage.instructions):
                if one.tool not in ("pip", "uv pip") or one.has("--constraint", "--no-deps"):
                    continue
                for path in one.files:
                    yield from of_file(in_project(path, file.path, setup), setup)
            yield from of_steps(file, stage)


def of_steps(file: Dockerfile, stage: Stage) -> Finds:
    """Each step once, with all that it names without a version."""
    named: dict[int, list[str]] = {}
    for one in installs(stage.instructions):
        free = one.tool in ("pip", "uv pip") and not one.has("--constraint", "--no-deps")
        if free and one.verb == "install":
            named.setdefault(one.instruction.line, []).extend(loose_names(one))
    for line, names in named.items():
        if names:
            yield Found(
                path=file.path,
                line=line,
                message=f"{shown(names)}: no version in the step, so that each build may install "
                "another major release",
                hint="a list with versions, or a lock, that the step installs from",
            )


def loose_names(one: Install) -> list[str]:
    """Packages that the step itself names without a version; tools are another rule's."""
    plain = (name.strip("\"'") for name in one.names)
    return [
        name for name in plain if PACKAGE.fullmatch(name) and re.split(r"[\[>]", name)[0].lower() not in TOOLS
    ]


def of_file(path: str, setup: Setup) -> Finds:
    lines = tuple(requirement_lines(path, setup)) if path else ()
    text = setup.project.read_text(path) or "" if path else ""
    loose = [line for line in lines if is_loose(line)]
    if not loose or re.search(r"^\s*(?:-c|--constraint)\b", text, re.MULTILINE):
        return
    names = shown([line.name for line in loose])
    yield Found(
        path=loose[0].path,
        line=loose[0].line,
        message=f"{names}: no upper bound ({len(loose)} of {len(lines)} requirements), so that each build "
        "may install another major release",
        hint="install from a lock (uv lock, pip-compile), or name each version with ==",
    )


def is_loose(line: Line) -> bool:
    return BOUND.search(line.version) is None


def shown(several: list[str]) -> str:
    names = list(dict.fromkeys(several))
    return some_of(names, 4)


def in_project(path: str, dockerfile: str, setup: Setup) -> str:
    """The project's file for what a step names; "" where it is none, or several could be it."""
    folder = posixpath.dirname(dockerfile)
    wanted = re.sub(r"^(?:/app/|/code/|/usr/src/app/|/tmp/|\./|/)", "", path)
    for one in (posixpath.normpath(posixpath.join(folder, wanted)), wanted):
        if setup.project.read_text(one) is not None:
            return one
    found = setup.project.files(f"**/{posixpath.basename(path)}") if "$" not in path else ()
    return found[0] if len(found) == 1 else ""
