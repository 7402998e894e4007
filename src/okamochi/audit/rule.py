"""What a rule is, and what it finds: the words that every rule is written in."""

import re
from collections.abc import Callable, Iterator
from typing import TypeAlias

import msgspec

from okamochi.audit.setup import Setup
from okamochi.model.evidence import Evidence
from okamochi.model.finding import Severity
from okamochi.system.patterns import regex

__all__ = ["Edit", "Finds", "Found", "Rule", "Setup", "Severity"]

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
