"""Shell scripts of the project that containers start."""

import posixpath
import re
from collections.abc import Iterator

import msgspec

from okamochi.audit.commands import Command
from okamochi.audit.containers import Container
from okamochi.audit.setup import Setup

__all__ = ["Line", "lines_of", "own_scripts", "project_file"]

SHELLS = re.compile(r"(?:/\S*/)?(?:sh|bash|ash|dash)")
WRAPPERS = re.compile(r"(?:/\S*/)?(?:tini|dumb-init|catatonit|env|-{1,2}\w*)")


class Line(msgspec.Struct, frozen=True):
    """A line of the shell with its continuations joined; `line` is where it begins, `end` where it ends."""

    line: int
    end: int
    text: str


def own_scripts(container: Container, setup: Setup) -> Iterator[tuple[str, Command]]:
    """Paths of the project's scripts that are process 1 or come from it, and the command that names them."""
    seen: set[str] = set()
    for command in (container.entrypoint, container.command):
        word = first_program(command)
        path = project_file(word, setup, posixpath.dirname(container.stage_path)) if word else ""
        text = setup.project.read_text(path) if path else None
        if text is not None and is_shell(path, text) and path not in seen:
            seen.add(path)
            yield path, command


def first_program(command: Command) -> str:
    """What is started once shells and init programs are left away; of a shell's line, its last command."""
    last = command.programs[-1:] if command.text else (command.argv,)
    words = [word for argv in last for word in argv]
    return next((one for one in words if not (SHELLS.fullmatch(one) or WRAPPERS.fullmatch(one))), "")


def is_shell(path: str, text: str) -> bool:
    first = text.partition("\n")[0]
    return path.endswith((".sh", ".bash")) or re.match(r"#!.*\b(?:ba|da|a)?sh\b", first) is not None


def project_file(image_path: str, setup: Setup, beside: str = "") -> str:
    """The project's file for a path in the image, by its name and as much of its folder as agrees; of several
    the one in the folder `beside`, from which the image is built. "" where there is none, or none that is
    plainly it."""
    name = posixpath.basename(image_path)
    if not name or "$" in image_path or not re.fullmatch(r"[\w.@+-]+", name):
        return ""
    found = setup.project.files(f"**/{name}")
    wanted = posixpath.normpath(image_path)
    ends = [path for path in found if f"/{wanted}".endswith(f"/{path}") or path.endswith(f"/{wanted}")]
    near = [path for path in found if path == posixpath.join(beside, wanted.lstrip("/"))]
    for chosen in (ends, near, found):
        if len(chosen) == 1:
            return chosen[0]
    return ""


def lines_of(text: str) -> tuple[Line, ...]:
    """Those that say something, without comments."""
    found: list[Line] = []
    waiting, start = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        if not waiting and (not line.strip() or line.lstrip().startswith("#")):
            continue
        start = start or number
        if line.rstrip().endswith("\\"):
            waiting += line.rstrip()[:-1] + " "
            continue
        found.append(Line(start, number, (waiting + line).strip()))
        waiting, start = "", 0
    if waiting:
        found.append(Line(start, text.count("\n") + 1, waiting.strip()))
    return tuple(found)
