"""Command lines as containers start them: who is process 1, and which servers come of it."""

import re
import shlex

import msgspec

from okamochi.containerfiles.command_lines import commands_of
from okamochi.containerfiles.dockerfile import Instruction
from okamochi.containerfiles.yaml_nodes import Node

__all__ = ["Command", "command_of_instruction", "command_of_node", "joined"]

SHELLS = re.compile(r"(?:/\S*/)?(sh|bash|ash|dash)")
INIT = re.compile(r"(?:/\S*/)?(?:tini|tini-static|dumb-init|catatonit|init)")
SHELL_OPTION = re.compile(r"-[a-z]*c")


class Command(msgspec.Struct, frozen=True):
    """What is started: `argv`, or a text that a shell gets (`interpreter` names it). `path` and `line` are
    where it is written, `end` is its last line."""

    path: str = ""
    line: int = 0
    end: int = 0
    argv: tuple[str, ...] = ()
    text: str = ""
    interpreter: str = ""

    def __bool__(self) -> bool:
        return bool(self.argv or self.text)

    @property
    def line_text(self) -> str:
        """One line, whichever form it has."""
        return self.text or shlex.join(self.argv)

    @property
    def programs(self) -> tuple[tuple[str, ...], ...]:
        """The argvs of all that it starts, without env, exec, poetry run and their like."""
        return commands_of(self.line_text)

    @property
    def last_part(self) -> str:
        """What the shell's text ends with, as it is written: "exec gunicorn app:app"."""
        return re.split(r"&&|\|\||;|\n|(?<![>&])&(?!>)", self.text.rstrip("; \n"))[-1].strip()


def command_of_instruction(path: str, one: Instruction | None) -> Command:
    """Of ENTRYPOINT and CMD: their exec form, or the shell form."""
    if one is None or one.rest in ("[]", ""):
        return Command()
    if one.argv:
        return of_words(path, one.line, one.end, one.argv)
    return Command(path, one.line, one.end, text=one.rest, interpreter="sh")


def command_of_node(path: str, node: Node) -> Command:
    """Of `command` and `entrypoint` in Compose, Kubernetes and ECS. Compose splits a text into words itself;
    no shell is there unless it is named."""
    if node.kind == "list":
        return of_words(path, node.line, node.end, tuple(one.text for one in node.items))
    if node.kind != "scalar" or not node.text.strip():
        return Command()
    try:
        words = tuple(shlex.split(node.text))
    except ValueError:
        words = tuple(node.text.split())
    return of_words(path, node.line, node.end, words)


def of_words(path: str, line: int, end: int, words: tuple[str, ...]) -> Command:
    shell = SHELLS.fullmatch(words[0]) if words else None
    if shell is None:
        return Command(path, line, end, argv=words)
    for position, word in enumerate(words[1:-1], start=1):
        if SHELL_OPTION.fullmatch(word):
            return Command(path, line, end, text=words[position + 1], interpreter=shell[1])
    return Command(path, line, end, argv=words)


def joined(entrypoint: Command, command: Command) -> Command:
    """What the container starts in the end: the command as the entry point's arguments. A shell form of the
    entry point gets none: https://docs.docker.com/reference/dockerfile/#entrypoint"""
    if not entrypoint or not command or entrypoint.text:
        return entrypoint or command
    place = (command.path, command.line, command.end)
    if command.text:
        return Command(*place, text=command.text, interpreter=command.interpreter)
    if is_script(entrypoint.argv):
        return Command(*place, argv=command.argv)
    return of_words(*place, (*entrypoint.argv, *command.argv))


def is_script(argv: tuple[str, ...]) -> bool:
    """Whether it is one that prepares and then starts its arguments, or an init program alone, as far as
    names tell."""
    words = [word for word in argv if not word.startswith("-") and not SHELLS.fullmatch(word)]
    inits = [word for word in words if INIT.fullmatch(word)]
    names = [word for word in words if word not in inits]
    if not names:
        return bool(inits)
    return len(names) == 1 and re.search(r"\.sh$|entry-?point", names[0]) is not None
