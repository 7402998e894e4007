"""The package lists stay in the image.

`apt-get update` writes some 20 MB below /var/lib/apt/lists. Nothing reads them at run time, and an
`apt-get install` in the running container would find them out of date.

Fix: `&& rm -rf /var/lib/apt/lists/*` at the end of the same RUN; in a later one it would not make the image
smaller.

Okamochi: no lists, no apt in the image.

See: https://docs.docker.com/build/building/best-practices/#apt-get
"""

import re

from okamochi.audit.rule import Finds, Found, Setup, Severity

SEVERITY = Severity.NOTE
UPDATE = re.compile(r"\b(?:apt-get|apt)\s+(?:-\S+\s+)*update\b.*\b(?:apt-get|apt)\s+(?:-\S+\s+)*install\b")
CLEANED = re.compile(r"/var/lib/apt|type=cache|type=tmpfs|apt-get dist-?clean|\.sh\b")


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        for one in file.shipped.all("RUN") if not file.desk else ():
            if UPDATE.search(one.rest) and not CLEANED.search(one.rest):
                yield Found(
                    path=file.path,
                    line=one.line,
                    message="the package lists stay in the image, some 20 MB that nothing reads",
                    hint="&& rm -rf /var/lib/apt/lists/* at the end of this RUN",
                )
