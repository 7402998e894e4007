"""USER is a name, which nobody outside of the image can check.

Kubernetes with `runAsNonRoot: true` looks at the number alone: "container has runAsNonRoot and image has
non-numeric user (app), cannot verify user is non-root", and the container does not start. A number that
useradd picked may be another one after the next change of the base, and mounted files then belong to
somebody else. Where the number is fixed, this rule is silent.

Fix: `USER 10001:10001`; no entry in /etc/passwd is needed for it.

Okamochi: `USER 10001:10001`.

See: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
"""

import re

from okamochi.audit.rule import Finds, Found, Severity
from okamochi.audit.runtime_user import is_root, user_of_stage
from okamochi.audit.setup import Dockerfile, Setup

SEVERITY = Severity.NOTE
NUMBERED = re.compile(r"\b(?:useradd|adduser)\b[^;&|]*\s(?:--uid|-\w*u)[ =]")


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        one, user = file.shipped.last("USER"), user_of_stage(file.shipped)
        name = user.partition(":")[0]
        if not is_looked_at(file):
            continue
        if file.desk or one is None or is_root(user) or not re.fullmatch(r"[A-Za-z_][\w.-]*", name):
            continue
        yield Found(
            path=file.path,
            line=one.line,
            message=f"{name} is a name: Kubernetes' runAsNonRoot can check a number only",
            hint="USER 10001:10001, and the same number where the user is made",
        )


def is_looked_at(file: Dockerfile) -> bool:
    """Whether nothing says which number the name has."""
    steps = (one.rest for one in file.shipped.instructions if one.word == "RUN")
    return not any(NUMBERED.search(rest) for rest in steps)
