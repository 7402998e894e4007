"""One row of the side-by-side view that `okamochi render --adopt` shows."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Row", "Verdict"]


class Verdict(StrEnum):
    """SAME: both say it. ADOPT: taken over as a setting. CHANGE: the plan does otherwise, for a reason."""

    SAME = "same"
    ADOPT = "adopt"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Row:
    """`place` is path:line. `theirs` never holds the value of a secret. `setting` is the line for
    okamochi.toml, for ADOPT only."""

    verdict: Verdict
    topic: str
    place: str
    theirs: str
    plan: str
    why: str = ""
    setting: tuple[str, object] | None = None
