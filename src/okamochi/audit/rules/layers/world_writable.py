"""A folder is made writable for everybody.

`chmod 777` is what people write when a user lacks a right. It gives the right to every user and every
process, to replace code and to place files that others run.

Fix: give the folder to the user that needs it: `RUN install -d -o 10001 -g 10001 /app/data`, or
`COPY --chown`.

Okamochi: the root is read-only; what the app writes is a volume or tmpfs that belongs to 10001.

See: CWE-732
"""

import re

from okamochi.audit.rule import Finds, Found, Setup, Severity

SEVERITY = Severity.WARNING
OPEN = re.compile(r"\bchmod\s+(?:-\w+\s+)*(?:0?777|a\+rwx|ugo\+rwx|a\+w|o\+w)\s+([^\s;&|]+)")


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        for one in file.shipped.all("RUN") if not file.desk else ():
            for found in OPEN.finditer(one.rest):
                yield Found(
                    path=file.path,
                    line=one.line,
                    message=f"everybody may write {found[1]}: any process can replace what is there",
                    hint=f"chown {found[1]} to the user that the container has, and leave its mode alone",
                )
