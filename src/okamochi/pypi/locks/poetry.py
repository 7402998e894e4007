"""poetry.lock: a graph, walked from [project] and [tool.poetry] of pyproject.toml.

Format: https://github.com/python-poetry/poetry-core and the lock's own `metadata.lock-version` (1.x, 2.x).
"""

from collections.abc import Iterator

from packaging.utils import canonicalize_name

from okamochi.pypi.locks.graph import Edge, Node
from okamochi.pypi.locks.tables import (
    Table,
    file_hashes,
    packages_of,
    require_format,
    text_of,
    texts_of,
    toml_lock,
)
from okamochi.pypi.manifests.poetry_constraints import pep440_of
from okamochi.pypi.manifests.poetry_tables import poetry_edges
from okamochi.system.project_files import ProjectFiles
from okamochi.system.tables import table_of

__all__ = ["poetry_graph"]


def poetry_graph(
    project: ProjectFiles, lock: str, groups: tuple[str, ...], extras: tuple[str, ...]
) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """(all packages, the project's own dependencies)."""
    table, places = toml_lock(project, lock)
    require_format(lock, table_of(table, "metadata").get("lock-version"), 2)
    files = table_of(table, "metadata", "files")
    nodes = tuple(node_of(one, files, places) for one in packages_of(table, "package", lock))
    return nodes, poetry_edges(project, groups, extras)


def node_of(package: Table, files: Table, places: dict[str, int]) -> Node:
    name = text_of(package.get("name"))
    hashes = file_hashes(package.get("files") or files.get(name))
    source = table_of(package, "source")
    kind = text_of(source.get("type"))
    return Node(
        canonicalize_name(name),
        text_of(package.get("version")),
        hashes if kind != "git" else (),
        edges=tuple(edges_of(table_of(package, "dependencies"))),
        marker=marker_of(package.get("markers")),
        url=address_of(source, kind),
        folder=text_of(source.get("url")) if kind in ("directory", "file") else "",
        line=places.get(name, 0),
    )


def marker_of(value: object) -> str:
    """A marker, or since lock-version 2.1 one for each group, of which the main group's counts."""
    return text_of(value) or text_of(table_of(value).get("main"))


def edges_of(dependencies: Table) -> Iterator[Edge]:
    for name, value in dependencies.items():
        for one in value if isinstance(value, list) else [value]:
            entry = table_of(one)
            wanted = text_of(one) or text_of(entry.get("version"))
            extras = tuple(
                canonicalize_name(word) for word in texts_of(entry.get("extras"), f"{name}: extras")
            )
            marker = text_of(entry.get("markers"))
            yield Edge(canonicalize_name(name), marker, extras, specifier=pep440_of(wanted))


def address_of(source: Table, kind: str) -> str:
    url = text_of(source.get("url"))
    if kind == "git":
        commit = text_of(source.get("resolved_reference")) or text_of(source.get("reference"))
        folder = text_of(source.get("subdirectory"))
        return f"git+{url}@{commit}" + (f"#subdirectory={folder}" if folder else "")
    return url if kind == "url" else ""
