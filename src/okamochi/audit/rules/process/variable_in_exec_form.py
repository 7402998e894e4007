"""An exec form holds $PORT, and no shell is there to fill it in.

`CMD ["gunicorn", "--bind", "0.0.0.0:$PORT", "app:app"]` starts the program with the five characters `$PORT`:
gunicorn ends with "'$PORT' is not a valid port number". Docker fills variables into ENV, COPY, WORKDIR and
their like, never into CMD and ENTRYPOINT. Kubernetes and ECS pass `$PORT` on as well; Kubernetes has
`$(PORT)` for it.

Fix: nothing at all where the server reads the variable itself (gunicorn takes PORT without `--bind`), or
`["sh", "-c", "exec gunicorn --bind 0.0.0.0:$PORT app:app"]`.

Okamochi: gunicorn.conf.py reads PORT in the container.

See: https://docs.docker.com/reference/dockerfile/#shell-form and
https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/
"""

import re

from okamochi.audit.containers import ContainerKind
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.servers import servers
from okamochi.system.patterns import regex

SEVERITY = Severity.ERROR

# not $(PORT), which Kubernetes fills in
REFERENCE = regex(r"(?<!\$)\$(?:\{\w[^}]{0,500}\}|[A-Za-z_]\w*)")


def look(setup: Setup) -> Finds:
    for container in setup.production:
        command = container.command
        filled_in = container.kind is ContainerKind.COMPOSE and command.path == container.path
        if filled_in or command.interpreter or not servers(container):
            continue
        found = next((found for word in command.argv if (found := REFERENCE.search(word))), None)
        if found is not None:
            name = re.sub(r"\W.*", "", found[0].lstrip("${"))
            yield Found(
                path=command.path,
                line=command.line,
                message=f"{found[0]} stays as it is: an exec form has no shell that fills variables in",
                hint=f'["sh", "-c", "exec … ${name} …"]; gunicorn reads PORT by itself when it has no --bind',
            )
