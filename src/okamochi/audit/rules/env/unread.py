"""Nothing in the project reads a variable of the environment file.

It was renamed in the code, or never had a reader. A library may read it without being asked; hence a note.

Fix: take the line away, unless a library reads it.

Okamochi: .env.sample has the names that the code reads, each with its line.

See: https://12factor.net/config
"""

from collections.abc import Iterator

from okamochi.audit.rule import Found, Rule
from okamochi.audit.setup import Setup
from okamochi.audit.told import told
from okamochi.model.finding import Severity

__all__ = ["RULE"]


def look(setup: Setup) -> Iterator[Found]:
    yield from told(setup, "env/unread")


RULE = Rule("env/unread", Severity.NOTE, look, __doc__ or "")
