"""A password or key is written in a file that describes how the app is run.

Such files are in version control, in everybody's clone and in the history for good. A Secret of
Kubernetes in the repository is the same: its values are encoded, not encrypted.

Fix: `${DB_PASSWORD:?set it in .env}` in Compose, with .env out of version control; better a secret as a
file (`secrets:`, POSTGRES_PASSWORD_FILE). `secretKeyRef` in Kubernetes, `secrets` with an ARN in ECS.
What was written once has to be changed.

Okamochi: secrets are made up once, kept outside of the project, and mounted as files.

See: https://docs.docker.com/compose/how-tos/use-secrets/
"""

import base64

from okamochi.audit.containers import ContainerKind
from okamochi.audit.rule import Finds, Found, Severity
from okamochi.audit.secret_values import SHOWN, written_secret
from okamochi.audit.setup import Document, Setup
from okamochi.model.placeholders import is_placeholder
from okamochi.model.process import VariableKind
from okamochi.model.variable_names import kind_of

SEVERITY = Severity.WARNING
INSTEAD = {
    ContainerKind.COMPOSE: "${{{}:?set it}}, or a file secret",
    ContainerKind.KUBERNETES: "valueFrom: secretKeyRef",
    ContainerKind.ECS: "secrets: valueFrom with an ARN",
}


def look(setup: Setup) -> Finds:
    for container in setup.of_kind(*INSTEAD):
        if container.desk or SHOWN.search(container.path):
            continue
        for one in container.environment:
            written = written_secret(one) if one.path == container.path else None
            if written is None or (written.known and written.signs):
                continue
            what = (
                "a default is written in the file for it" if written.default else "it is written in the file"
            )
            yield Found(
                path=one.path,
                line=one.line,
                message=f"{one.name} is a secret, and {what}: whoever reads the repository has it",
                hint=INSTEAD[container.kind].format(one.name),
            )
    for file in setup.manifests:
        if file.root.get("kind").text == "Secret" and not file.desk and not SHOWN.search(file.path):
            yield from of_secret(file)


def of_secret(file: Document) -> Finds:
    """Once for each object."""
    for key in ("stringData", "data"):
        for name, value in file.root.get(key).pairs:
            if value.text and "$" not in value.text and is_secret(name.text, value.text):
                yield Found(
                    path=file.path,
                    line=name.line,
                    message=f"a Secret with {name.text} is in the repository: it is encoded, not encrypted",
                    hint="make it in the cluster (kubectl create secret, External Secrets), or seal it",
                )
                return


def is_secret(name: str, value: str) -> bool:
    """By its name, unless it only shows where a value is to be written."""
    texts = (value, decoded(value))
    shown = any(is_placeholder(name, one, signs=True) or one.isupper() for one in texts)
    return not shown and kind_of(name.replace("-", "_").replace(".", "_")) is not VariableKind.PLAIN


def decoded(value: str) -> str:
    """As `data` has it; the value itself where it is no base64."""
    try:
        return base64.b64decode(value, validate=True).decode()
    except ValueError:
        return value
