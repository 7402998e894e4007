"""The file has a `version`, which Compose ignores.

Nothing depends on it since Compose v2: each start warns "the attribute `version` is obsolete, it will be
ignored" (measured with 2.26). Whoever reads the file takes it for the version of Compose that is needed.

Fix: take the line away. A file for `docker stack deploy` is left alone: older engines insist on it there.

Okamochi: it is not written.

See: https://docs.docker.com/reference/compose-file/version-and-name/
"""

from collections.abc import Iterator

from okamochi.audit.rule import Edit, Found, Rule
from okamochi.audit.services import is_for_swarm
from okamochi.audit.setup import Setup
from okamochi.model.finding import Severity

__all__ = ["RULE"]


def look(setup: Setup) -> Iterator[Found]:
    for file in setup.composes:
        key, value = file.root.key("version"), file.root.get("version")
        if not key or file.desk or is_for_swarm(file.path, file.root):
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


RULE = Rule("compose/version-key", Severity.NOTE, look, __doc__ or "")
