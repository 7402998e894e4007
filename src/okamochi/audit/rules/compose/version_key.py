"""The file has a `version`, which Compose ignores.

Nothing depends on it since Compose v2: each start warns "the attribute `version` is obsolete, it will be
ignored" (measured with 2.26). Whoever reads the file takes it for the version of Compose that is needed.

Fix: take the line away. A file for `docker stack deploy` is left alone: older engines insist on it there.

Okamochi: it is not written.

See: https://docs.docker.com/reference/compose-file/version-and-name/
"""

from okamochi.audit.rule import Edit, Finds, Found, Setup, Severity
from okamochi.audit.services import is_for_swarm
from okamochi.audit.setup import TextFile

SEVERITY = Severity.NOTE


def look(setup: Setup) -> Finds:
    for file in setup.composes:
        key, value = file.root.key("version"), file.root.get("version")
        if not key or is_for_swarm(file.path, file.root):
            continue
        line = file.file.line(key.line)
        alone = value.kind == "scalar" and value.end == key.line and line.startswith(("version", '"version'))
        yield Found(
            path=file.path,
            line=key.line,
            message="Compose ignores version, and warns of it at each start",
            hint="take the line away",
            edits=(Edit(file.path, key.line, last_of(file.file, key.line), ""),) if alone else (),
        )


def last_of(file: TextFile, line: int) -> int:
    """With the empty line behind it, where none would stand between it and anything else."""
    alone = not file.line(line - 1).strip()
    return line + 1 if alone and not file.line(line + 1).strip() and line < len(file.lines) else line
