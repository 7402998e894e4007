"""Nothing in the project reads a variable of the environment file.

It was renamed in the code, or never had a reader. A library may read it without being asked; hence a note.

Fix: take the line away, unless a library reads it.

Okamochi: .env.sample has the names that the code reads, each with its line.

See: https://12factor.net/config
"""

from itertools import groupby

from okamochi.audit.rule import Finds, Found, Setup, Severity, told
from okamochi.system.words import some_of

SEVERITY = Severity.NOTE
# more than these of one file are one finding: they have one cause, that nobody sees how they are read
MOST = 3


def look(setup: Setup) -> Finds:
    for _, group in groupby(told("env/unread")(setup), key=lambda one: one.path):
        found = list(group)
        if len(found) <= MOST:
            yield from found
            continue
        names = [one.message.rpartition(" ")[2] for one in found]
        yield Found(
            path=found[0].path,
            line=found[0].line,
            message=f"nothing in the project reads {some_of(names, MOST)}",
            hint="remove them, unless a library reads them",
        )
