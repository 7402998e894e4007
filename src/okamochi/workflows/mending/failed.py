"""What a mend looks at, and what it answers."""

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from okamochi.model.correction import Correction
from okamochi.run.proof.answer import Answer, Outcome, Verdict, verdict_of

if TYPE_CHECKING:
    from okamochi.oci.platform import Platform
    from okamochi.system.world import World
    from okamochi.workflows.plan import PlannedProject

__all__ = ["Failed", "Mend", "Mended"]

NOTHING: Mapping[str, str] = {}


class Failed(msgspec.Struct, frozen=True, eq=False):
    """A proof or a start of an app, and what it was of; also a proof that went well and showed something.

    `installed` are the versions of the image's packages by name, `refused` kinds and values that cannot be
    had; `log` is that of a start, where it is about that as a whole. With a `world` and a `platform`, indexes
    and Debian's lists are asked."""

    verdict: Verdict
    answer: Answer | None
    planned: "PlannedProject"
    installed: Mapping[str, str] = NOTHING
    refused: Collection[tuple[str, str]] = ()
    log: str = ""
    world: "World | None" = None
    platform: "Platform | None" = None

    @property
    def outcome(self) -> Outcome:
        return self.verdict.outcome

    @property
    def tried(self) -> frozenset[tuple[str, str]]:
        return frozenset((*self.refused, *(one.key for one in self.planned.corrections)))

    def because_of(self, answer: Answer) -> "Failed":
        """The same app, with one of the things that failed."""
        return msgspec.structs.replace(self, verdict=verdict_of(answer), answer=answer, log="")


Mended: TypeAlias = tuple[Correction, ...] | None
"""None where it is another's case. Else what would mend it, best first, and () where nothing does: no other
mend is asked then."""

Mend: TypeAlias = Callable[[Failed], Mended]
