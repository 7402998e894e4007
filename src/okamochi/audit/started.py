"""All that a container starts, the project's own scripts that its command names included."""

import posixpath
import re
from collections.abc import Iterator

from okamochi.audit.containers import Container
from okamochi.audit.setup import Setup, TextFile, asked_once

__all__ = ["started_text"]

SCRIPT = re.compile(r"[\w./-]*\w")
MOST_SCRIPTS = 5


def started_text(container: Container, setup: Setup) -> str:
    """The command, the entry point, and the text of the project's shell scripts among their words."""
    lines = (container.entrypoint.line_text, container.command.line_text)
    made = (setup.file("Makefile").text,) if starts_make(container) else ()
    return "\n".join((*lines, *(one.text for one in own_scripts(container, setup)), *made))


def starts_make(container: Container) -> bool:
    return any(argv[0].rpartition("/")[2] == "make" for argv in container.command.programs)


def own_scripts(container: Container, setup: Setup) -> tuple[TextFile, ...]:
    """The project's files that the command line names, as far as their names tell: /entrypoint.sh of the
    image is one of that name in the project, when there is just one."""
    text = f"{container.entrypoint.line_text} {container.command.line_text}"
    found = dict.fromkeys(path for word in SCRIPT.findall(text) for path in named(word, container, setup))
    return tuple(setup.file(path) for path in list(found)[:MOST_SCRIPTS])


def named(word: str, container: Container, setup: Setup) -> Iterator[str]:
    name = posixpath.basename(word)
    if "." not in name and "/" not in word:
        return
    if not name.endswith(".sh") and not word.startswith(("/", "./")) and not word.startswith("bin/"):
        return
    copied = [
        posixpath.normpath(one.words[0])
        for one in (container.stage.all("COPY") if container.stage is not None else ())
        # COPY compose/production/start /start
        if len(one.words) == 2 and posixpath.basename(one.words[1]) == name
    ]
    if copied and not copied[-1].endswith(("*", "..")):
        alike = by_name(setup).get(posixpath.basename(copied[-1]), ())
        yield from (path for path in alike if f"/{path}".endswith(f"/{copied[-1]}"))
    else:
        yield from by_name(setup).get(name, ())


@asked_once
def by_name(setup: Setup) -> dict[str, list[str]]:
    """The files that may be such scripts, by the last part of their path."""
    found: dict[str, list[str]] = {}
    for path in setup.project.files():
        if not path.endswith((".py", ".md")) and path.count("/") <= 4:
            found.setdefault(posixpath.basename(path), []).append(path)
    return found
