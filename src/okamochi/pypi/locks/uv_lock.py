"""uv.lock: a universal graph, walked from the package that is the project itself.

Format: https://docs.astral.sh/uv/concepts/resolution/#lockfile and the file's own `version = 1`.
"""

import posixpath
from collections.abc import Iterator
from urllib.parse import parse_qsl

import msgspec
from packaging.utils import canonicalize_name

from okamochi.pypi.locks.graph import Edge, Node
from okamochi.pypi.locks.tables import (
    Table,
    broken,
    file_hashes,
    list_of,
    packages_of,
    require_format,
    text_of,
    texts_of,
    toml_lock,
    toml_table,
)
from okamochi.pypi.manifests.poetry_tables import project_edges
from okamochi.system.project_files import ProjectFiles
from okamochi.system.tables import table_of

__all__ = ["uv_graph"]

MANIFEST = "pyproject.toml"
FOLDERS = ("virtual", "editable", "directory")


def uv_graph(
    project: ProjectFiles, lock: str, groups: tuple[str, ...], extras: tuple[str, ...]
) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """(all packages, the project's own dependencies)."""
    table, places = toml_lock(project, lock)
    require_format(lock, table.get("version"), 1)
    packages = tuple(packages_of(table, "package", lock))
    nodes = tuple(node_of(one, places) for one in packages)
    here = posixpath.dirname(lock)
    name = own_name(project) if here else ""
    own = next((one for one in packages if is_own(one, name)), None)
    if own is None:
        raise broken(lock, "no package of it is the project itself")
    return nodes, (*roots_of(own, groups, extras), *asked_since(project, own))


def asked_since(project: ProjectFiles, own: Table) -> Iterator[Edge]:
    """What the manifest asks for and the lock's own package does not: it was written down later."""
    present = {edge.name for edge in edges_of(own.get("dependencies"))}
    table = toml_table(project, MANIFEST)
    sources = {canonicalize_name(str(name)) for name in table_of(table, "tool", "uv", "sources")}
    for edge in project_edges(table_of(table, "project"), ()):
        if edge.name not in present and not edge.marker:
            yield msgspec.structs.replace(edge, by_name=edge.by_name and edge.name not in sources)


def is_own(package: Table, name: str) -> bool:
    """The lock of a workspace lies above its members: there the project is the member of its name."""
    if name:
        return bool(folder_of(package)) and canonicalize_name(text_of(package.get("name"))) == name
    return folder_of(package) == "."


def own_name(project: ProjectFiles) -> str:
    table = table_of(toml_table(project, MANIFEST), "project")
    return canonicalize_name(text_of(table.get("name")))


def roots_of(own: Table, groups: tuple[str, ...], extras: tuple[str, ...]) -> Iterator[Edge]:
    yield from edges_of(own.get("dependencies"))
    optional = table_of(own, "optional-dependencies")
    for extra in extras:
        yield from edges_of(optional.get(extra))
    grouped = table_of(own, "dev-dependencies")
    for group in groups:
        yield from edges_of(grouped.get(group))


def edges_of(value: object) -> Iterator[Edge]:
    for one in list_of(value):
        name = canonicalize_name(text_of(one.get("name")))
        extras = tuple(canonicalize_name(word) for word in texts_of(one.get("extra"), f"{name}: extra"))
        yield Edge(name, text_of(one.get("marker")), extras, version=text_of(one.get("version")))


def node_of(package: Table, places: dict[str, int]) -> Node:
    name = text_of(package.get("name"))
    files = [*list_of(package.get("wheels")), table_of(package, "sdist")]
    hashes = file_hashes(files)
    optional = tuple(
        (canonicalize_name(extra), tuple(edges_of(edges)))
        for extra, edges in table_of(package, "optional-dependencies").items()
    )
    markers = texts_of(package.get("resolution-markers"), f"{name}: resolution-markers")
    source = table_of(package, "source")
    return Node(
        canonicalize_name(name),
        text_of(package.get("version")),
        hashes,
        edges=tuple(edges_of(package.get("dependencies"))),
        optional=optional,
        marker=" or ".join(f"({marker})" for marker in markers),
        url=address_of(source),
        folder=folder_of(package),
        virtual="virtual" in source,
        line=places.get(name, 0),
    )


def folder_of(package: Table) -> str:
    """The folder of a package that is source, relative to the lock; "" for others."""
    source = table_of(package, "source")
    found = next((text_of(source[kind]) for kind in FOLDERS if kind in source), "")
    return posixpath.normpath(found) if found else ""


def address_of(source: Table) -> str:
    """uv writes git sources as url?rev=…#commit."""
    git = text_of(source.get("git"))
    if git:
        address, _, commit = git.partition("#")
        bare, _, query = address.partition("?")
        inside = dict(parse_qsl(query)).get("subdirectory", "")
        return f"git+{bare}@{commit}" + (f"#subdirectory={inside}" if inside else "")
    return text_of(source.get("url"))
