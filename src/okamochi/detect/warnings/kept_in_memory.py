"""What views change in a module's memory, which each process has for itself."""

from okamochi.detect.data.kept_in_memory import kept_in_memory
from okamochi.detect.understanding import Understood
from okamochi.model.evidence import Decision

MOST_SHOWN = 3


def warn(found: Understood) -> tuple[Decision, ...]:
    kept = kept_in_memory(found.imported, found.sources)
    if not kept:
        return ()
    names = ", ".join(name for name, _ in kept[:MOST_SHOWN])
    summary = (
        f"Warning: what visitors write into {names} is in the memory of one process, and gone after a new "
        "start; a database keeps it"
    )
    return (Decision.detected("application", summary, tuple(place for _, place in kept[:MOST_SHOWN])),)
