"""Services wait for each other in a circle, and Compose refuses the file.

"dependency cycle detected": nothing is started at all.

Fix: let one of them start without the other; what really needs the other asks again until it answers.

Okamochi: databases first, then what prepares them, then web and workers; no circle can come of that.

See: https://docs.docker.com/reference/compose-file/services/#depends_on
"""

from collections.abc import Iterator

from okamochi.audit.rule import Found, Rule
from okamochi.audit.setup import Setup
from okamochi.audit.told import told
from okamochi.model.finding import Severity

__all__ = ["RULE"]


def look(setup: Setup) -> Iterator[Found]:
    yield from told(setup, "compose/circle")


RULE = Rule("compose/circle", Severity.ERROR, look, __doc__ or "")
