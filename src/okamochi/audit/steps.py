"""What the steps of a stage run and copy: package installs with the files and names that they take."""

import posixpath
import re
from collections.abc import Iterable, Iterator

import msgspec

from okamochi.audit.setup import Dockerfile
from okamochi.containerfiles.command_lines import commands_of
from okamochi.containerfiles.dockerfile import Instruction, Stage
from okamochi.system.words import word_set

__all__ = ["Install", "copied_from", "copies_everything", "installs", "makers", "names_an_image"]

# options of pip and uv that take a value
WITH_VALUE = word_set(
    "-r --requirement -c --constraint -e --editable -i --index-url --extra-index-url -f --find-links "
    "--trusted-host -t --target --prefix --root --no-binary --only-binary --python -p --timeout --retries "
    "--default-timeout --cache-dir --progress-bar --group --extra --only --without --with --python-version "
    "--index --default-index --cert --proxy --platform --upgrade-strategy --torch-backend"
)
SHORT = {"-r": "--requirement", "-c": "--constraint", "-e": "--editable"}


class Install(msgspec.Struct, frozen=True):
    """`tool` is pip, uv pip, uv, poetry, pipenv or pdm; `verb` what it does: install, sync, download, wheel.
    `options` are pairs of a name and its value, "" for a flag."""

    instruction: Instruction
    tool: str
    verb: str
    names: tuple[str, ...]
    options: tuple[tuple[str, str], ...]

    def has(self, *names: str) -> bool:
        return any(name in names for name, _ in self.options)

    def values(self, *names: str) -> tuple[str, ...]:
        return tuple(value for name, value in self.options if name in names and value)

    @property
    def files(self) -> tuple[str, ...]:
        """Requirement files."""
        return self.values("--requirement")


def commands_run(one: Instruction) -> tuple[tuple[str, ...], ...]:
    """The argvs that a RUN starts."""
    if one.word != "RUN":
        return ()
    return (one.argv,) if one.argv else commands_of(one.without_flags)


def installs(instructions: Iterable[Instruction]) -> Iterator[Install]:
    """Of Python's packages, in order."""
    for one in instructions:
        for argv in commands_run(one):
            found = install_of(one, argv)
            if found is not None:
                yield found


def install_of(one: Instruction, argv: tuple[str, ...]) -> Install | None:
    tool, rest = argv[0].rpartition("/")[2], argv[1:]
    if re.fullmatch(r"pip[\d.]*", tool):
        tool = "pip"
    if tool == "uv" and rest[:1] == ("pip",):
        tool, rest = "uv pip", rest[1:]
    if tool not in ("pip", "uv", "uv pip", "poetry", "pipenv", "pdm"):
        return None
    words, options = parsed(rest)
    verb = words[0] if words else ""
    if verb not in ("install", "sync", "wheel", "download", "add"):
        return None
    return Install(one, tool, verb, tuple(words[1:]), tuple(options))


def parsed(rest: tuple[str, ...]) -> tuple[list[str], list[tuple[str, str]]]:
    words: list[str] = []
    options: list[tuple[str, str]] = []
    waiting = list(rest)
    while waiting:
        word = waiting.pop(0)
        if not word.startswith("-"):
            words.append(word)
            continue
        name, assigns, value = word.partition("=")
        if not assigns and name[:2] in SHORT and not name.startswith("--") and len(name) > 2:
            name, value = name[:2], name[2:]
        elif not assigns and name in WITH_VALUE and waiting:
            value = waiting.pop(0)
        options.append((SHORT.get(name, name), value))
    return words, options


def names_an_image(stage: Stage) -> bool:
    """Whether its FROM names an image, and not a stage above it."""
    named = [word for word in stage.own[0].rest.split() if not word.startswith("--")]
    return bool(named) and named[0] == stage.base


def copied_from(file: Dockerfile, one: Instruction) -> Stage | None:
    """The stage that a COPY takes from; None for the build context and for images."""
    source = one.flag("from") if one.word == "COPY" else ""
    if source.isdecimal():
        return file.stages[int(source)] if int(source) < len(file.stages) else None
    return next((stage for stage in file.stages if source and stage.name == source.lower()), None)


def stage_below(file: Dockerfile, stage: Stage) -> Stage | None:
    """The stage above in the file that its FROM names; None where that is an image."""
    named = [word.lower() for word in stage.own[0].rest.split() if not word.startswith("--")]
    position = file.stages.index(stage)
    return next((one for one in file.stages[:position] if named and one.name == named[0] != ""), None)


def makers(file: Dockerfile) -> tuple[Stage, ...]:
    """The stage that is shipped, those it is built on, those it copies from, and so on for these."""
    found = [file.shipped]
    for stage in found:
        below = stage_below(file, stage)
        if below is not None and below not in found:
            found.append(below)
        for one in stage.instructions:
            other = copied_from(file, one)
            if other is not None and other not in found:
                found.append(other)
    return tuple(found)


def copies_everything(one: Instruction) -> bool:
    """Whether a COPY or ADD takes the whole build context."""
    if one.word not in ("COPY", "ADD") or one.flag("from"):
        return False
    return any(posixpath.normpath(word) in (".", "/") for word in one.words[:-1])
