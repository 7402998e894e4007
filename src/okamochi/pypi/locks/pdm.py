"""pdm.lock: flat with groups in newer files, a graph in older ones.

Format: https://pdm-project.org/latest/usage/lockfile/; `metadata.lock_version`.
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
    toml_table,
)
from okamochi.pypi.manifests.poetry_tables import edge_of_specifier, project_edges
from okamochi.system.project_files import ProjectFiles
from okamochi.system.tables import table_of

__all__ = ["pdm_graph"]

PYPROJECT = "pyproject.toml"


def pdm_graph(
    project: ProjectFiles, lock: str, groups: tuple[str, ...], extras: tuple[str, ...]
) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """(all packages, the project's own dependencies). Entries with and without extras are one."""
    table, places = toml_lock(project, lock)
    require_format(lock, table_of(table, "metadata").get("lock_version"), 4)
    files = table_of(table, "metadata", "files")
    merged: dict[tuple[str, str], Node] = {}
    for package in packages_of(table, "package", lock):
        node = node_of(package, files, places)
        known = merged.get((node.name, node.version))
        merged[node.name, node.version] = node if known is None else together(known, node)
    return tuple(merged.values()), tuple(roots_of(project, groups, extras))


def roots_of(project: ProjectFiles, groups: tuple[str, ...], extras: tuple[str, ...]) -> Iterator[Edge]:
    table = toml_table(project, PYPROJECT)
    yield from project_edges(table_of(table, "project"), extras)
    pdm = table_of(table, "tool", "pdm")
    old = table_of(pdm, "dependencies")  # before PEP 621
    for name, wanted in old.items():
        edge = edge_of_specifier(f"{name}{text_of(wanted).replace('*', '')}")
        if edge is not None:
            yield edge
    grouped = {**table_of(pdm, "dev-dependencies"), **table_of(table, "dependency-groups")}
    for group in groups:
        listed = grouped.get(group)
        for specifier in listed if isinstance(listed, list) else ():
            edge = edge_of_specifier(str(specifier))
            if edge is not None:
                yield edge


def node_of(package: Table, files: Table, places: dict[str, int]) -> Node:
    name, version = text_of(package.get("name")), text_of(package.get("version"))
    hashes = file_hashes(package.get("files") or files.get(f"{name} {version}"))
    needed = package.get("dependencies")
    edges = tuple(edges_of(needed, name))
    extras = texts_of(package.get("extras"), f"{name}: extras")
    commit = text_of(package.get("revision")) or text_of(package.get("ref"))
    git = text_of(package.get("git"))
    return Node(
        canonicalize_name(name),
        version,
        () if git else hashes,
        edges=() if extras else edges,
        optional=tuple((canonicalize_name(extra), edges) for extra in extras),
        marker=text_of(package.get("marker")),
        url=f"git+{git}@{commit}" if git else text_of(package.get("url")),
        folder=text_of(package.get("path")),
        line=places.get(name, 0),
    )


def edges_of(needed: object, own_name: str) -> Iterator[Edge]:
    """A list of specifiers, or in old files a table of name and constraint."""
    listed = [f"{name}{text_of(wanted)}" for name, wanted in table_of(needed).items()]
    listed += [str(one) for one in needed] if isinstance(needed, list) else []
    for specifier in listed:
        edge = edge_of_specifier(specifier.removesuffix("*"))
        if edge is not None and edge.name != canonicalize_name(own_name):
            yield edge


def together(one: Node, other: Node) -> Node:
    return Node(
        one.name,
        one.version,
        one.hashes or other.hashes,
        edges=one.edges or other.edges,
        optional=(*one.optional, *other.optional),
        marker=one.marker or other.marker,
        url=one.url or other.url,
        folder=one.folder or other.folder,
        line=one.line,
    )
