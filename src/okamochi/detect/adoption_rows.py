"""One row of the side-by-side view that `okamochi render --adopt` shows."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from okamochi.containerfiles.dockerfile import Instruction

__all__ = ["MakeRow", "Row", "Verdict"]


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


# of an instruction, or of the file where there is none: (where, topic, theirs, ours, why)
MakeRow = Callable[[Instruction | None, str, str, str, str], Row]
