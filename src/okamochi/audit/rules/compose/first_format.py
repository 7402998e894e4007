"""The Compose file has the format of 2014, which Docker Compose no longer reads.

Services stand at the top of the file, without `services:` above them. Compose v2 refuses that ("additional
properties not allowed"); v1, which read it, ended in 2023. There is no network either: services reached
each other by `links` alone.

Fix: a line `services:` at the top, and everything else two blanks to the right; named volumes below
`volumes:`.

Okamochi: writes the format that Compose reads today.

See: https://docs.docker.com/reference/compose-file/legacy-versions/
"""

from collections.abc import Iterator

from okamochi.audit.rule import Edit, Finds, Found, Setup, Severity
from okamochi.containerfiles.yaml_nodes import Node

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for document in setup.first_formats:
        first = next(iter(document.root.pairs), None)
        if first is None or document.desk:
            continue
        lines = document.file.lines
        yield Found(
            path=document.path,
            line=first[0].line,
            message=f"{first[0].text} stands at the top, without services: above it: Compose v2 refuses "
            "the file",
            hint="services: above, and all of it two blanks to the right",
            edits=tuple(indented(document.path, document.root, lines)),
        )


def indented(path: str, root: Node, lines: tuple[str, ...]) -> Iterator[Edit]:
    """All lines from the first service on; none where a text of several lines could change by it."""
    first = root.pairs[0][0].line
    if any(line.rstrip().endswith(("|", ">", "|-", ">-")) or "\t" in line for line in lines):
        return
    last = len(lines) if lines[-1] else len(lines) - 1
    moved = "\n".join(f"  {line}" if line.strip() else line for line in lines[first - 1 : last])
    yield Edit(path, first, last, f"services:\n{moved}")
