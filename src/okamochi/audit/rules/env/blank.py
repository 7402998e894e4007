"""A variable is set to nothing, which is not the same as no variable.

`PAGE_SIZE=` gives the app an empty text: `os.environ.get("PAGE_SIZE", "20")` is "" then, and not "20", and
`int("")` ends the start.

Fix: take the line away, or write # before it.

Okamochi: tells it before anything starts; secrets that are empty count as not given.

See: https://docs.python.org/3/library/os.html#os.environ
"""

from okamochi.audit.rule import Severity, told

SEVERITY = Severity.WARNING
look = told("env/blank")
