"""setcap is believed to take capabilities from the container.

`setcap -r FILE` takes those that are written on one file, and fails where there are none; `|| true`
hides that. What a container may do is decided when it is started: Docker gives fourteen capabilities to
root in it, whatever the files say.

Fix: `cap_drop: [ALL]` in Compose, `capabilities: {drop: [ALL]}` in Kubernetes and ECS; and a user that
is not root, who has none.

Okamochi: `cap_drop: [ALL]`, no-new-privileges, and a port above 1024, which needs no capability.

See: https://docs.docker.com/engine/security/#linux-kernel-capabilities
"""

import re

from okamochi.audit.rule import Finds, Found, Setup, Severity

SEVERITY = Severity.WARNING
REMOVES = re.compile(r"\bsetcap\s+-r\s+(\S+)")


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        for one in (one for stage in file.stages for one in stage.own if one.word == "RUN"):
            found = REMOVES.search(one.rest)
            if found is not None:
                yield Found(
                    path=file.path,
                    line=one.line,
                    message=f"setcap -r {found[1]} changes that one file; the container keeps all of "
                    "its capabilities",
                    hint="cap_drop: [ALL] where the container is started",
                )
