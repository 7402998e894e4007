"""What a rule is, and what it finds: the words that every rule is written in."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

import msgspec

from okamochi.audit.setup import Setup
from okamochi.model.evidence import Evidence
from okamochi.model.finding import Severity
from okamochi.system.patterns import regex

__all__ = ["Edit", "Finds", "Found", "Rule", "Setup", "Severity", "edited", "told"]

INSTEAD = regex(r"^Okamochi: (.+?)(?=\n\n|\Z)", re.MULTILINE | re.DOTALL)


class Edit(msgspec.Struct, frozen=True):
    """Lines `first` to `last` of the file, counted from 1, become `text`; "" takes them away. With `last` =
    `first` - 1 the text comes before line `first`."""

    path: str
    first: int
    last: int
    text: str


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One place where a rule does not hold. `message` says what is there and what follows from it, `hint`
    what to write instead. `edits` mend it without changing what the file means otherwise. `also` are other
    places that the message speaks of. No text holds the value of a secret."""

    path: str
    line: int
    message: str
    hint: str
    edits: tuple[Edit, ...] = ()
    also: tuple[Evidence, ...] = ()


Finds: TypeAlias = Iterator[Found]


class Rule(msgspec.Struct, frozen=True):
    """`name` is family/rule and never changes its meaning. `page` is for people: a sentence that says what
    is wrong; why that matters; "Fix:"; "Okamochi:" what it does instead, where that answers the question;
    "See:" with the standard or thread."""

    name: str
    severity: Severity
    look: Callable[[Setup], Finds]
    page: str

    @property
    def title(self) -> str:
        return self.page.partition("\n")[0].rstrip(".")

    @property
    def instead(self) -> str:
        """What okamochi does, in one line; "" where the page does not say."""
        found = INSTEAD.search(self.page)
        return " ".join(found[1].split()).rstrip(".") if found is not None else ""


def edited(text: str, edits: Iterable[Edit]) -> tuple[str, tuple[Edit, ...]]:
    """The text with all edits that do not touch the lines of an earlier one, and those that were left."""
    lines = text.split("\n")
    taken: list[Edit] = []
    left: list[Edit] = []
    for one in sorted(dict.fromkeys(edits), key=lambda edit: (edit.first, edit.last)):
        clashes = any(overlaps(one, other) for other in taken)
        (left if clashes or not 1 <= one.first <= len(lines) + 1 else taken).append(one)
    for one in reversed(taken):
        lines[one.first - 1 : one.last] = one.text.split("\n") if one.text else []
    return "\n".join(lines), tuple(left)


def overlaps(one: Edit, other: Edit) -> bool:
    """Two insertions at one place clash as well: their order would be met and not decided."""
    return one.first <= max(other.last, other.first) and other.first <= max(one.last, one.first)


def told(name: str) -> Callable[[Setup], Finds]:
    """How the rule of that name looks."""

    def look(setup: Setup) -> Finds:
        for one in setup.told:
            if one.rule == name and one.evidence:
                first = one.evidence[0]
                yield Found(path=first.path, line=first.line or 0, message=one.message, hint=one.hint)

    return look
