"""[tool.poetry] of pyproject.toml: dependencies, groups, extras."""

import posixpath
from collections.abc import Iterator
from urllib.parse import quote

from packaging.utils import canonicalize_name

from okamochi.pypi.locks.graph import Edge
from okamochi.pypi.locks.tables import Table, text_of, toml_table
from okamochi.pypi.manifests.poetry_constraints import pep440_of
from okamochi.pypi.specifiers import parsed_specifier
from okamochi.system.project_files import ProjectFiles
from okamochi.system.tables import items_of, table_of

__all__ = ["edge_of_specifier", "poetry_edges", "poetry_specifiers", "project_edges"]

PYPROJECT = "pyproject.toml"
# where an entry has its package from, other than the index: https://python-poetry.org/docs/dependency-specification/
ELSEWHERE = ("git", "path", "url", "source")


def poetry_edges(project: ProjectFiles, groups: tuple[str, ...], extras: tuple[str, ...]) -> tuple[Edge, ...]:
    """What production installs: the main dependencies, the groups and extras named."""
    table = toml_table(project, PYPROJECT)
    poetry = table_of(table, "tool", "poetry")
    listed = [*project_edges(table_of(table, "project"), extras), *main_edges(poetry, extras)]
    for group in groups:
        listed += group_edges(poetry, group)
    return tuple(listed)


def project_edges(project_table: Table, extras: tuple[str, ...]) -> Iterator[Edge]:
    optional = table_of(project_table, "optional-dependencies")
    wanted = [
        *items_of(project_table.get("dependencies")),
        *(one for e in extras for one in items_of(optional.get(e))),
    ]
    for specifier in wanted:
        edge = edge_of_specifier(str(specifier))
        if edge is not None:
            yield edge


def edge_of_specifier(specifier: str) -> Edge | None:
    found = parsed_specifier(specifier)
    if found is None:
        return None
    extras = tuple(sorted(canonicalize_name(extra) for extra in found.extras))
    marker = str(found.marker) if found.marker else ""
    name = canonicalize_name(found.name)
    return Edge(name, marker, extras, specifier=str(found.specifier), by_name=not found.url)


def main_edges(poetry: Table, extras: tuple[str, ...]) -> Iterator[Edge]:
    brought = {
        canonicalize_name(str(name))
        for extra, names in table_of(poetry, "extras").items()
        if extra in extras
        for name in items_of(names)
    }
    for name, entry, wanted in entries(table_of(poetry, "dependencies")):
        if entry.get("optional") and canonicalize_name(name) not in brought:
            continue
        yield edge(name, entry, wanted)


def group_edges(poetry: Table, group: str) -> Iterator[Edge]:
    """Before Poetry 1.2 there was one group, with a table of its own."""
    table = table_of(poetry, "group", group)
    old = table_of(poetry, "dev-dependencies") if group == "dev" else {}
    for name, entry, wanted in (*entries(old), *entries(table_of(table, "dependencies"))):
        yield edge(name, entry, wanted)


def entries(dependencies: Table) -> Iterator[tuple[str, Table, str]]:
    for name, value in dependencies.items():
        if name == "python":
            continue
        for one in value if isinstance(value, list) else [value]:
            entry = table_of(one)
            yield name, entry, text_of(one) or text_of(entry.get("version"))


def edge(name: str, entry: Table, wanted: str) -> Edge:
    extras = tuple(canonicalize_name(str(extra)) for extra in items_of(entry.get("extras")))
    by_name = not any(key in entry for key in ELSEWHERE)
    return Edge(
        canonicalize_name(name), marker_of(entry), extras, specifier=pep440_of(wanted), by_name=by_name
    )


def marker_of(entry: Table) -> str:
    """`markers`, `python` and `platform` of an entry, together."""
    parts = [text_of(entry.get("markers"))]
    for one in pep440_of(text_of(entry.get("python"))).split(","):
        comparison = one.rstrip("0123456789.*")
        if one:
            parts.append(f"python_version {comparison} '{one[len(comparison) :]}'")
    if entry.get("platform"):
        parts.append(f"sys_platform == '{text_of(entry.get('platform'))}'")
    return " and ".join(f"({part})" for part in parts if part)


def poetry_specifiers(
    project: ProjectFiles, groups: tuple[str, ...], extras: tuple[str, ...], folder: str = ""
) -> tuple[str, ...]:
    """The same as dependency specifiers, for a project without a lock. Paths are relative to `folder`, the
    place of pyproject.toml in the whole project."""
    table = toml_table(project, PYPROJECT)
    poetry = table_of(table, "tool", "poetry")
    direct: dict[str, str] = {
        canonicalize_name(name): address
        for name, entry, _ in entries(table_of(poetry, "dependencies"))
        if (address := address_of(entry, folder))
    }
    return tuple(specifier_of(one, direct) for one in poetry_edges(project, groups, extras))


def address_of(entry: Table, folder: str) -> str:
    if entry.get("git"):
        reference = next((text_of(entry[key]) for key in ("rev", "tag", "branch") if entry.get(key)), "")
        inside = text_of(entry.get("subdirectory"))
        return (
            f"git+{text_of(entry['git'])}"
            + (f"@{reference}" if reference else "")
            + (f"#subdirectory={inside}" if inside else "")
        )
    path = text_of(entry.get("path")) or text_of(entry.get("file"))
    if path:
        return f"file:{quote(posixpath.normpath(posixpath.join(folder, path)), safe='/.-_')}"
    return text_of(entry.get("url"))


def specifier_of(one: Edge, direct: dict[str, str]) -> str:
    extras = f"[{','.join(one.extras)}]" if one.extras else ""
    marker = f" ; {one.marker}" if one.marker else ""
    if one.name in direct:
        return f"{one.name}{extras} @ {direct[one.name]}{marker}"
    return f"{one.name}{extras}{one.specifier}{marker}"
