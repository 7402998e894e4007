"""A variable is set to nothing, which is not the same as no variable.

`PAGE_SIZE=` gives the app an empty text: `os.environ.get("PAGE_SIZE", "20")` is "" then, and not "20", and
`int("")` ends the start.

Fix: take the line away, or write # before it.

Okamochi: tells it before anything starts; secrets that are empty count as not given.

See: https://docs.python.org/3/library/os.html#os.environ
"""

from collections.abc import Iterator

from okamochi.audit.rule import Found, Rule
from okamochi.audit.setup import Setup
from okamochi.audit.told import told
from okamochi.model.finding import Severity

__all__ = ["RULE"]


def look(setup: Setup) -> Iterator[Found]:
    yield from told(setup, "env/blank")


RULE = Rule("env/blank", Severity.WARNING, look, __doc__ or "")
