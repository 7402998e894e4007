"""A comment says that an unhealthy container is started again, and nothing does that.

Docker and Compose mark a container unhealthy, and leave it running: `restart` looks at the end of
process 1, not at the check (moby#28400, open since 2016). Swarm, ECS and Kubernetes do replace it,
Kubernetes by its own probes alone.

Fix: know it, or run under something that does: Swarm, Kubernetes, ECS, or a container that restarts
others (autoheal).

Okamochi: a server that hangs ends its worker by itself; Swarm, ECS and Kubernetes get checks of their own.

See: https://github.com/moby/moby/issues/28400
"""

import re

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.system.patterns import regex

SEVERITY = Severity.NOTE
BELIEF = regex(
    r"#.*(?:restart\w*.{0,40}\bunhealthy"
    r"|\b(?:unhealthy|fail\w* (?:health ?)?check|health ?check fails).{0,40}\brestart)",
    re.IGNORECASE,
)
DENIED = regex(r"\b(?:not|never|no|nothing|neither|doesn't|don't|won't)\b", re.IGNORECASE)


def look(setup: Setup) -> Finds:
    files = [*(one.file for one in setup.dockerfiles), *(one.file for one in setup.composes)]
    if any("autoheal" in file.text or "deploy:" in file.text for file in files) or setup.manifests:
        return
    for file in files:
        for number, line in enumerate(file.lines, 1):
            found = BELIEF.search(line)
            if found is not None and not DENIED.search(found[0]):
                yield Found(
                    path=file.path,
                    line=number,
                    message="neither Docker nor Compose starts an unhealthy container again: restart looks "
                    "at the end of process 1 alone",
                    hint="Swarm, Kubernetes or ECS replace it; or a container such as autoheal",
                )
