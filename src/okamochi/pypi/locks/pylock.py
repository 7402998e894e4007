"""pylock.toml (PEP 751): a flat list with markers."""

from packaging.utils import canonicalize_name

from okamochi.pypi.locks.environment import applies
from okamochi.pypi.locks.graph import Node
from okamochi.pypi.locks.tables import (
    Table,
    list_of,
    packages_of,
    require_format,
    text_of,
    toml_lock,
)
from okamochi.system.project_files import ProjectFiles
from okamochi.system.tables import table_of

__all__ = ["pylock_nodes"]


def pylock_nodes(project: ProjectFiles, lock: str, environment: dict[str, str]) -> tuple[Node, ...]:
    table, places = toml_lock(project, lock)
    require_format(lock, table.get("lock-version"), 1, needed=True)
    packages = (
        one
        for one in packages_of(table, "packages", lock)
        if applies(text_of(one.get("marker")), environment)
    )
    nodes = (node_of(one, places) for one in packages)
    return tuple(sorted(nodes, key=lambda node: node.name))


def node_of(package: Table, places: dict[str, int]) -> Node:
    name = text_of(package.get("name"))
    files = [
        *list_of(package.get("wheels")),
        table_of(package, "sdist"),
        table_of(package, "archive"),
    ]
    tables = (table_of(one, "hashes") for one in files)
    hashes = sorted({f"sha256:{found['sha256']}" for found in tables if text_of(found.get("sha256"))})
    vcs, directory = table_of(package, "vcs"), table_of(package, "directory")
    git = f"git+{text_of(vcs.get('url'))}@{text_of(vcs.get('commit-id'))}" if vcs else ""
    return Node(
        canonicalize_name(name),
        text_of(package.get("version")),
        tuple(hashes),
        url=git or text_of(table_of(package, "archive").get("url")),
        folder=text_of(directory.get("path")),
        line=places.get(name, 0),
    )
