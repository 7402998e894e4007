"""Services wait for each other in a circle, and Compose refuses the file.

"dependency cycle detected": nothing is started at all.

Fix: let one of them start without the other; what really needs the other asks again until it answers.

Okamochi: databases first, then what prepares them, then web and workers; no circle can come of that.

See: https://docs.docker.com/reference/compose-file/services/#depends_on
"""

from okamochi.audit.rule import Severity, told

SEVERITY = Severity.ERROR
look = told("compose/circle")
