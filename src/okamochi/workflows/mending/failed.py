"""What a mend looks at, and what it answers."""

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, TypeAlias

import msgspec
from packaging.utils import canonicalize_name

from okamochi.model.correction import Correction
from okamochi.model.plan import APP_ROOT
from okamochi.run.proof.answer import Answer, Outcome, Verdict, verdict_of
from okamochi.system.patterns import regex

if TYPE_CHECKING:
    from okamochi.oci.platform import Platform
    from okamochi.system.world import World
    from okamochi.workflows.plan import PlannedProject

__all__ = ["Failed", "Mend", "Mended"]

# `from shop import config`, of a package of the app's own; a folder without __init__.py has no location
OF_ITS_OWN = regex(
    rf"cannot import name '(?P<name>\w+)' from '(?P<package>[\w.]+)' "
    rf"\((?:{APP_ROOT}/[^)]*/__init__\.py|unknown location)\)"
)
NOTHING: Mapping[str, str] = {}


class Failed(msgspec.Struct, frozen=True, eq=False):
    """A proof or a start of an app, and what it was of; also a proof that went well and showed something.

    `installed` are the versions of the image's packages by name, `refused` kinds and values that cannot be
    had; `log` is that of a start, where it is about that as a whole. With a `world` and a `platform`, indexes
    and Debian's lists are asked. `given` are names of variables that have a value. `locked`: nothing may
    change."""

    verdict: Verdict
    answer: Answer | None
    planned: "PlannedProject"
    installed: Mapping[str, str] = NOTHING
    refused: Collection[tuple[str, str]] = ()
    log: str = ""
    world: "World | None" = None
    platform: "Platform | None" = None
    given: Collection[str] = ()
    locked: bool = False

    @property
    def outcome(self) -> Outcome:
        return self.verdict.outcome

    @property
    def of_indexes(self) -> Mapping[str, str]:
        """`installed` without the project's own packages, of which there is one version alone."""
        own = {canonicalize_name(one.name) for one in self.planned.plan.dependencies.local}
        return {name: version for name, version in self.installed.items() if name not in own}

    @property
    def missed(self) -> str:
        """The module that an import looked for, by its dotted name; also a part of the app's own package."""
        if self.outcome is Outcome.MISSING_MODULE:
            return self.verdict.subject
        found = OF_ITS_OWN.search(self.verdict.said)
        return f"{found['package']}.{found['name']}" if found is not None else ""

    @property
    def text(self) -> str:
        """With the traceback."""
        return self.answer.text if self.answer is not None else self.log

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
