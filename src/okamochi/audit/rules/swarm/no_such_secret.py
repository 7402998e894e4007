"""A service takes a secret or a configuration that the stack does not have.

`docker stack config` passes it, and `docker stack deploy` fails: a name that is not defined below `secrets`
(`undefined secret "…"`), or a file that is not there.

Fix: define it: `secrets: {db_password: {external: true}}` and `docker secret create`, or its file.

Okamochi: `swarm/secrets.sh` makes each secret that the stack names.

See: https://docs.docker.com/engine/swarm/secrets/#use-secrets-in-compose
"""

import posixpath

from okamochi.audit.containers import Container
from okamochi.audit.rule import Finds, Found, Severity
from okamochi.audit.setup import Document, Setup
from okamochi.audit.stacks import stack_services, stacks
from okamochi.containerfiles.yaml_nodes import Node

SEVERITY = Severity.ERROR
KINDS = {"secrets": "secret", "configs": "config"}


def look(setup: Setup) -> Finds:
    for document, container in stack_services(setup):
        yield from undefined(document, container)
    for document in stacks(setup):
        for key, kind in KINDS.items():
            for name, node in document.root.get(key).pairs:
                file = node.get("file")
                if file and is_missing(file, document, setup):
                    yield Found(
                        path=document.path,
                        line=file.line,
                        message=f"the file of the {kind} {name.text} is not in the project, and nothing says "
                        "how it is made: the stack is refused",
                        hint="the file, or external: true and docker secret create",
                    )


def undefined(document: Document, container: Container) -> Finds:
    for key, kind in KINDS.items():
        defined = document.root.get(key).names()
        for node in container.node.get(key).items:
            name = node.get("source") or node
            if name.kind == "scalar" and name.text not in defined:
                yield Found(
                    path=document.path,
                    line=name.line,
                    message=f"{container.name} takes the {kind} {name.text}, which the file does not define: "
                    "the stack is refused",
                    hint=f"{key}: {{{name.text}: {{external: true}}}}",
                )


def is_missing(file: Node, document: Document, setup: Setup) -> bool:
    """Whether it is neither there nor spoken of: files with secrets are rightly not in a repository."""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(document.path), file.text))
    if (
        "$" in file.text
        or file.text.startswith(("/", "~"))
        or path.startswith("..")
        or setup.project.exists(path)
    ):
        return False
    name, folder = posixpath.basename(path), posixpath.dirname(path).rpartition("/")[2]
    others = (setup.project.read_text(one) or "" for one in setup.project.files() if is_telling(one))
    return not any(name in text or (folder and folder in text) for text in others)


def is_telling(path: str) -> bool:
    return path.endswith((".md", ".sh", ".gitignore", "Makefile", ".txt", ".rst", ".toml"))
