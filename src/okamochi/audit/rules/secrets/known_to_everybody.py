"""Sessions are signed with a key that stands in examples.

Whoever knows the key makes a cookie that says "this is the administrator", for Flask's and Django's sessions
alike, and lists of the keys of tutorials are the first thing that is tried. A default does it, too: nothing
fails when the real one is forgotten.

Fix: `${SECRET_KEY:?set it}`, and a value from `python -c "import secrets; print(secrets.token_urlsafe(48))"`.

Okamochi: made up once for each stack, and mounted as a file.

See: https://flask.palletsprojects.com/en/stable/config/#SECRET_KEY
"""

from okamochi.audit.containers import ContainerKind
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.secret_values import SHOWN, written_secret

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for container in setup.of_kind(ContainerKind.COMPOSE, ContainerKind.KUBERNETES, ContainerKind.ECS):
        if container.desk or SHOWN.search(container.path):
            continue
        for one in container.environment:
            written = written_secret(one) if one.path == container.path else None
            if written is not None and written.known and written.signs:
                what = "is by default" if written.default else "is"
                yield Found(
                    path=one.path,
                    line=one.line,
                    message=f"{one.name} {what} the word of an example: anybody can sign a session with it",
                    hint=f"${{{one.name}:?set it}}, with a random value",
                )
