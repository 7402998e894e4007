"""Pipfile.lock (pipenv): its `default` section, a flat list of pins.

Format: https://pipenv.pypa.io/en/latest/pipfile.html; `_meta.hash` is a digest over the Pipfile's content.
"""

import hashlib
import json
import re
from collections.abc import Iterator

from packaging.utils import canonicalize_name

from okamochi.pypi.locks.environment import applies
from okamochi.pypi.locks.graph import Node
from okamochi.pypi.locks.tables import (
    Table,
    json_lock,
    json_table,
    require_format,
    text_of,
    texts_of,
    toml_table,
)
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles
from okamochi.system.tables import table_of

__all__ = ["address_of", "manifest_digest", "pipfile_is_stale", "pipfile_nodes"]

LOCK = "Pipfile.lock"
MANIFEST = "Pipfile"
NAME_LINE = regex(r'^[ \t]*"([^"\n]+)"[ \t]*:', re.MULTILINE)


def pipfile_nodes(
    project: ProjectFiles, lock: str, environment: dict[str, str], groups: tuple[str, ...]
) -> tuple[Node, ...]:
    """The pins of `default` and of the categories named in `groups`."""
    table, places = json_lock(project, lock, NAME_LINE)
    require_format(lock, table_of(table, "_meta").get("pipfile-spec"), 6)
    found: dict[str, Node] = {}
    for section in ("default", *groups):
        for node in section_nodes(table_of(table, section), places, environment):
            found.setdefault(node.name, node)
    return tuple(found[name] for name in sorted(found))


def section_nodes(section: Table, places: dict[str, int], environment: dict[str, str]) -> Iterator[Node]:
    for name, value in section.items():
        entry = table_of(value)
        if not applies(text_of(entry.get("markers")), environment):
            continue
        line = places.get(name, 0)
        version = text_of(entry.get("version")).removeprefix("==")
        hashes = tuple(sorted(texts_of(entry.get("hashes"), f"{name}: hashes")))
        folder = text_of(entry.get("path"))
        yield Node(canonicalize_name(name), version, hashes, url=address_of(entry), folder=folder, line=line)


def address_of(entry: Table) -> str:
    if entry.get("git"):
        reference = text_of(entry.get("ref"))
        return f"git+{entry['git']}" + (f"@{reference}" if reference else "")
    return text_of(entry.get("file"))


def pipfile_is_stale(project: ProjectFiles, lock: str) -> bool:
    """Whether the Pipfile changed since it was locked; false when either does not tell."""
    wanted = text_of(table_of(json_table(project, lock), "_meta", "hash").get("sha256"))
    if not wanted or not project.exists(MANIFEST):
        return False
    return wanted != manifest_digest(toml_table(project, MANIFEST))


def manifest_digest(manifest: Table) -> str:
    """As pipenv's plette computes it: the tables that matter, as JSON with sorted keys."""
    reserved = ("source", "packages", "dev-packages", "requires", "scripts", "pipfile", "pipenv")
    content: Table = {
        "_meta": {"sources": manifest.get("source", []), "requires": manifest.get("requires", {})},
        "default": manifest.get("packages", {}),
        "develop": manifest.get("dev-packages", {}),
    }
    content.update({name: value for name, value in manifest.items() if name not in reserved})
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
