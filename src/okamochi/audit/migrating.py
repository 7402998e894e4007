"""Which commands change the schema of a database."""

from okamochi.audit.containers import Container
from okamochi.audit.setup import Setup
from okamochi.audit.started import started_text
from okamochi.system.patterns import regex

__all__ = ["migration_in", "migration_of"]

MIGRATES = regex(
    r"\b(?:flask\s+(?:--?\S+\s+)*db\s+upgrade|alembic\s+(?:-\S+\s+\S+\s+)*upgrade|manage\.py[\"']?\s+migrate"
    r"|django-admin\s+migrate|aerich\s+(?:-\S+\s+\S+\s+)*upgrade)\b"
)
# programs under which one waits for another: okamochi's own, and locks of the database by their names
LOCKED = regex(r"/opt/okamochi/migrate\.py|advisory|flock\b|--lock\b|with[-_]lock|migrate[-_]lock")
COMMENT = regex(r"(?m)^\s*#.*$")


def migration_of(container: Container, setup: Setup) -> str:
    """The words by which a container migrates when it starts ("flask db upgrade"), its own scripts included;
    "" where it does not, where a lock is around it, or where a variable decides."""
    text = COMMENT.sub("", started_text(container, setup))
    found = MIGRATES.search(text)
    if found is None:
        return ""
    line = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
    conditional = line[:1].isspace() or line.lstrip().startswith(("if ", "[")) or "elif" in line
    return "" if conditional else migration_in(text)


def migration_in(text: str) -> str:
    """The words that migrate; "" where none does, or where a lock is around it."""
    found = MIGRATES.search(text)
    return " ".join(found[0].split()) if found is not None and LOCKED.search(text) is None else ""
