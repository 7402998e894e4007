"""Nothing in the project reads a variable of the environment file.

It was renamed in the code, or never had a reader. A library may read it without being asked; hence a note.

Fix: take the line away, unless a library reads it.

Okamochi: .env.sample has the names that the code reads, each with its line.

See: https://12factor.net/config
"""

from okamochi.audit.rule import Severity, told

SEVERITY = Severity.NOTE
look = told("env/unread")
