"""The package lists are fetched in a step of their own.

A layer is kept as long as its text is the same: `RUN apt-get update` is not run again for months, and an
install in a later step asks for versions that the archive has dropped ("404 Not Found"). The lists stay
in the image as well, some 20 MB.

Fix: one RUN: `apt-get update && apt-get install -y --no-install-recommends … && rm -rf
/var/lib/apt/lists/*`.

Okamochi: Debian packages are taken from the signed index by the digests in the lock; apt does not run.

See: https://docs.docker.com/build/building/best-practices/#apt-get
"""

import re

from okamochi.audit.rule import Finds, Found, Setup, Severity

SEVERITY = Severity.WARNING
UPDATE = re.compile(r"\b(?:apt-get|apt)\s+(?:-\S+\s+)*update\b")
USES = re.compile(
    r"\b(?:apt-get|apt|aptitude)\s+(?:-\S+\s+)*(?:install|upgrade|dist-upgrade|full-upgrade|satisfy|build-dep)\b"
)


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        for stage in file.stages:
            for one in stage.own:
                # a script that is called may install
                if (
                    one.word != "RUN"
                    or not UPDATE.search(one.rest)
                    or USES.search(one.rest)
                    or ".sh" in one.rest
                ):
                    continue
                yield Found(
                    path=file.path,
                    line=one.line,
                    message="apt-get update stands alone: the step is kept while the archive goes on, and a "
                    "later install asks for files that are gone",
                    hint="update and install in one RUN, and rm -rf /var/lib/apt/lists/* at its end",
                )
