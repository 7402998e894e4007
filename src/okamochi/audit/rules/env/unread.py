"""Nothing in the project reads a variable of the environment file.

It was renamed in the code, or never had a reader. A library may read it without being asked; hence a note.

Fix: take the line away, unless a library reads it.

Okamochi: .env.sample has the names that the code reads, each with its line.

See: https://12factor.net/config
"""

from itertools import groupby

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.system.words import some_of

SEVERITY = Severity.NOTE
# more than these of one file are one finding: they have one cause, that nobody sees how they are read
MOST = 3


def look(setup: Setup) -> Finds:
    unread = (one for one in setup.told if one.rule == "env/unread")
    for path, group in groupby(unread, key=lambda one: one.evidence[0].path):
        found = [(one.field.removeprefix("environment."), one.evidence[0].line or 0) for one in group]
        few = [([name], line) for name, line in found] if len(found) <= MOST else []
        for names, line in few or [([name for name, _ in found], found[0][1])]:
            yield Found(
                path=path,
                line=line,
                message=f"nothing in the project reads {some_of(names, MOST)}",
                hint=f"remove {'it' if len(names) == 1 else 'them'}, unless a library reads "
                f"{'it' if len(names) == 1 else 'them'}",
            )
