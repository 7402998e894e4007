"""A Dockerfile of the project as instructions, for looking at: nothing is expanded, nothing is run."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from okamochi.containerfiles.desk import is_desk_name, is_production_name
from okamochi.system.data_text import json_of

__all__ = ["Instruction", "Stage", "dockerfile_stages", "expanded", "shipped"]

HEREDOC = re.compile(r"<<-?[\"']?(\w+)[\"']?")
FLAG = re.compile(r"--(\w[\w-]*)(?:=(\S*))?\s+")
PAIR = re.compile(r"(\w+)=((?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|\\.|[^\s\"'\\])*)")
REFERENCE = re.compile(r"\\\$|\$(?:(\w+)|\{(\w+)(?:(:?[-+?])([^}]*))?\})")


@dataclass(frozen=True, slots=True)
class Instruction:
    """`word` in capitals; `rest` with continuations joined, comments dropped; `line` where it begins, `end`
    where it ends."""

    word: str
    rest: str
    line: int
    end: int = 0

    @property
    def argv(self) -> tuple[str, ...]:
        """The exec form's words; () for a shell form."""
        try:
            parsed = json_of(self.rest)
        except ValueError:
            return ()
        return tuple(map(str, parsed)) if isinstance(parsed, list) else ()

    @property
    def flags(self) -> tuple[tuple[str, str], ...]:
        """--from=builder as ("from", "builder"), in order."""
        found, position = [], 0
        while (flag := FLAG.match(self.rest, position)) is not None:
            found.append((flag[1], flag[2] or ""))
            position = flag.end()
        return tuple(found)

    def flag(self, name: str) -> str:
        """ "" when it is not given."""
        return next((value for given, value in self.flags if given == name), "")

    @property
    def words(self) -> tuple[str, ...]:
        """Of COPY and ADD: the sources, then the destination; without flags."""
        return self.argv or tuple(self.without_flags.split())

    @property
    def without_flags(self) -> str:
        """What stands behind them."""
        position = 0
        while (flag := FLAG.match(self.rest, position)) is not None:
            position = flag.end()
        return self.rest[position:]

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Of ENV, LABEL and ARG: names with their values, without quotes; an ARG without a default has ""."""
        found = tuple((name, unquoted(value)) for name, value in PAIR.findall(self.rest))
        if found and self.rest.startswith(f"{found[0][0]}="):
            return found
        name, _, value = self.rest.partition(" ")
        return ((name, unquoted(value.strip())),) if name else ()


@dataclass(frozen=True)
class Stage:
    """`base` is what FROM names, that of the first stage below: an image. `instructions` begin with those of
    the stages below, `own` are those written in it, FROM first. `given` are the ARGs that come before it."""

    name: str
    base: str
    instructions: tuple[Instruction, ...]
    own: tuple[Instruction, ...] = ()
    given: tuple[tuple[str, str], ...] = ()

    @cached_property
    def image(self) -> str:
        """The base with the defaults of the ARGs that stand before the first FROM."""
        return expanded(self.base, dict(self.given))

    @cached_property
    def environment(self) -> Mapping[str, tuple[str, Instruction]]:
        """What ENV sets, expanded, and the instruction that counts."""
        known = dict[str, str]()
        found = dict[str, tuple[str, Instruction]]()
        for one in self.instructions:
            if one.word == "ARG":
                for name, value in one.pairs:
                    known.setdefault(
                        name, expanded(value, {**dict(self.given), **known}) or dict(self.given).get(name, "")
                    )
            for name, value in one.pairs if one.word == "ENV" else ():
                known[name] = expanded(value, known)
                found[name] = (known[name], one)
        return found

    def all(self, word: str) -> tuple[Instruction, ...]:
        return tuple(one for one in self.instructions if one.word == word)

    def last(self, word: str) -> Instruction | None:
        found = self.all(word)
        return found[-1] if found else None


def dockerfile_stages(text: str) -> tuple[Stage, ...]:
    """In order. A stage that is built on an earlier one begins with that one's instructions."""
    stages: list[Stage] = []
    given: list[tuple[str, str]] = []
    for one in instructions(text):
        if one.word == "ARG" and not stages:
            given += one.pairs
        if one.word == "FROM":
            words = [word for word in one.rest.split() if not word.startswith("--")]
            name = words[2].lower() if len(words) >= 3 and words[1].lower() == "as" else ""
            below = next((stage for stage in stages if words and stage.name == words[0].lower() != ""), None)
            inherited = below.instructions if below is not None else ()
            base = below.base if below is not None else (words[0] if words else "")
            stages.append(Stage(name, base, (*inherited, one), (one,), tuple(given)))
        elif stages:
            last = stages[-1]
            stages[-1] = replace(last, instructions=(*last.instructions, one), own=(*last.own, one))
    return tuple(stages)


def expanded(text: str, known: Mapping[str, str]) -> str:
    """With the variables that are known; others become "", as BuildKit does it.
    https://docs.docker.com/reference/dockerfile/#environment-replacement"""

    def value(found: re.Match[str]) -> str:
        if found[0] == "\\$":
            return "$"
        name, operator, word = found[1] or found[2], found[3] or "", found[4] or ""
        given = known.get(name)
        there = given is not None and (given != "" or not operator.startswith(":"))
        if operator.endswith("+"):
            return word if there else ""
        return (given or "") if there else (word if operator.endswith("-") else "")

    return REFERENCE.sub(value, text)


def unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text


def shipped(stages: tuple[Stage, ...]) -> Stage:
    """The stage named production where there is one; else the last, which a plain build makes; where that is
    one for developers, the last before it that starts something and is none."""
    named = next((one for one in stages if is_production_name(one.name)), None)
    if named is not None or not is_desk_name(stages[-1].name):
        return named or stages[-1]
    others = [one for one in stages if not is_desk_name(one.name)]
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
            yield Instruction(word.upper(), " ".join(f"{rest} ; {script_of(body)}".split()), start, number)
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
        yield Instruction(word.upper(), " ".join(rest.split()), start, number)
        waiting, start = "", 0
    if until:
        word, _, rest = waiting.partition(" ")
        yield Instruction(word.upper(), " ".join(rest.split()), start, number)


def script_of(lines: list[str]) -> str:
    """A here-document as one line of the shell; comments are dropped."""
    kept = [line for line in lines if not line.lstrip().startswith("#")]
    return "".join(line[:-1] if line.endswith("\\") else f"{line} ; " for line in kept)
