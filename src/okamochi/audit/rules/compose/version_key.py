"""The file has a `version`, which Compose ignores.

Nothing depends on it since Compose v2: each start warns "the attribute `version` is obsolete, it will be
ignored" (measured with 2.26). Whoever reads the file takes it for the version of Compose that is needed.

Fix: take the line away. A file for `docker stack deploy` is left alone: older engines insist on it there.

See: https://docs.docker.com/reference/compose-file/version-and-name/
"""

from collections.abc import Iterator

from okamochi.audit.rule import Edit, Found, Rule
from okamochi.audit.setup import Document, Setup
from okamochi.model.finding import Severity

__all__ = ["RULE"]

OF_SWARM = ("update_config", "rollback_config", "placement", "endpoint_mode", "labels", "mode")


def look(setup: Setup) -> Iterator[Found]:
    for file in setup.composes:
        key, value = file.root.key("version"), file.root.get("version")
        if not key or file.desk or is_for_swarm(file):
            continue
        line = file.file.line(key.line)
        alone = value.kind == "scalar" and value.end == key.line and line.startswith(("version", '"version'))
        yield Found(
            path=file.path,
            line=key.line,
            message="Compose ignores version, and warns of it at each start",
            hint="take the line away",
            edits=(Edit(file.path, key.line, key.line, ""),) if alone else (),
        )


def is_for_swarm(file: Document) -> bool:
    deploys = [service.get("deploy") for _, service in file.root.get("services").pairs]
    named = "stack" in file.path or "swarm" in file.path
    return named or any(one.get(key) for one in deploys for key in OF_SWARM)


RULE = Rule("compose/version-key", Severity.NOTE, look, __doc__ or "")
