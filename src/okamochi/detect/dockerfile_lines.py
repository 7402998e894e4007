"""A Dockerfile of the project as instructions, for looking at: nothing is expanded, nothing is run."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from okamochi.system.data_text import json_of

__all__ = ["Instruction", "Stage", "dockerfile_stages", "shipped"]

FINAL = re.compile(r"prod(uction)?|release|final")
AT_THE_DESK = re.compile(r"(?:.*[-_])?(?:dev\w*|tests?|testing|debug\w*|lint|ci)(?:[-_].*)?")
HEREDOC = re.compile(r"<<-?[\"']?(\w+)[\"']?")


@dataclass(frozen=True, slots=True)
class Instruction:
    """`word` in capitals; `rest` with continuations joined, comments dropped; `line` where it begins."""

    word: str
    rest: str
    line: int

    @property
    def argv(self) -> tuple[str, ...]:
        """The exec form's words; () for a shell form."""
        try:
            parsed = json_of(self.rest)
        except ValueError:
            return ()
        return tuple(map(str, parsed)) if isinstance(parsed, list) else ()


@dataclass(frozen=True)
class Stage:
    """`base` is what FROM names: an image, or an earlier stage."""

    name: str
    base: str
    instructions: tuple[Instruction, ...]

    def all(self, word: str) -> tuple[Instruction, ...]:
        return tuple(one for one in self.instructions if one.word == word)

    def last(self, word: str) -> Instruction | None:
        found = self.all(word)
        return found[-1] if found else None


def dockerfile_stages(text: str) -> tuple[Stage, ...]:
    """In order. A stage that is built on an earlier one begins with that one's instructions."""
    stages: list[Stage] = []
    for one in instructions(text):
        if one.word == "FROM":
            words = [word for word in one.rest.split() if not word.startswith("--")]
            name = words[2].lower() if len(words) >= 3 and words[1].lower() == "as" else ""
            below = next((stage for stage in stages if words and stage.name == words[0].lower() != ""), None)
            inherited = below.instructions if below is not None else ()
            base = below.base if below is not None else (words[0] if words else "")
            stages.append(Stage(name, base, (*inherited, one)))
        elif stages:
            stages[-1] = Stage(stages[-1].name, stages[-1].base, (*stages[-1].instructions, one))
    return tuple(stages)


def shipped(stages: tuple[Stage, ...]) -> Stage:
    """The stage named production where there is one; else the last, which a plain build makes; where that is
    one for developers, the last before it that starts something and is none."""
    named = next((one for one in stages if FINAL.fullmatch(one.name)), None)
    if named is not None or AT_THE_DESK.fullmatch(stages[-1].name) is None:
        return named or stages[-1]
    others = [one for one in stages if AT_THE_DESK.fullmatch(one.name) is None]
    starting = [one for one in others if one.last("CMD") or one.last("ENTRYPOINT")]
    return starting[-1] if starting else stages[-1]


def instructions(text: str) -> Iterator[Instruction]:
    waiting, start, until, body = "", 0, "", list[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        if until and line.strip() != until:
            body.append(line)
            continue
        if until:
            word, _, rest = waiting.partition(" ")
            yield Instruction(word.upper(), " ".join(f"{rest} ; {script_of(body)}".split()), start)
            waiting, start, until, body = "", 0, "", []
            continue
        if line.lstrip().startswith("#") or not line.strip():
            continue
        start = start or number
        if line.rstrip().endswith("\\"):
            waiting += line.rstrip()[:-1] + " "
            continue
        word, _, rest = (waiting + line).strip().partition(" ")
        found = HEREDOC.search(rest) if word.upper() in ("RUN", "COPY") else None
        if found:
            waiting, until = f"{word} {rest}", found[1]
            continue
        yield Instruction(word.upper(), " ".join(rest.split()), start)
        waiting, start = "", 0
    if until:
        word, _, rest = waiting.partition(" ")
        yield Instruction(word.upper(), " ".join(rest.split()), start)


def script_of(lines: list[str]) -> str:
    """A here-document as one line of the shell; comments are dropped."""
    kept = [line for line in lines if not line.lstrip().startswith("#")]
    return "".join(line[:-1] if line.endswith("\\") else f"{line} ; " for line in kept)
