"""Where [tool.uv.sources] says that dependencies come from when it is not an index. Places in the form of
`direct_references`."""

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from packaging.utils import canonicalize_name

from okamochi.pypi.manifests.package_facts import read_package
from okamochi.pypi.manifests.package_versions import Folder, text, texts
from okamochi.pypi.specifiers import parsed_specifier
from okamochi.system.project_files import ProjectFiles
from okamochi.system.tables import table_of

__all__ = ["file_place", "named_sources", "with_source", "workspace_folder"]

PYPROJECT = "pyproject.toml"
DEEPEST_WORKSPACE = 5
Sources = Mapping[str, str]


def named_sources(project: ProjectFiles, folder: str = "") -> Sources:
    """By normalized name: "file:libs/common", "git+https://…@ref", "https://…/x.tar.gz"."""
    tables = Folder(project, folder).toml(PYPROJECT)
    found: dict[str, str] = {}
    uv = table_of(tables, "tool", "uv", "sources")
    shared = workspace_folder(project, folder)
    if shared is not None and shared != folder:
        above = table_of(Folder(project, shared).toml(PYPROJECT), "tool", "uv", "sources")
        found.update(places_of(project, shared, above, shared))
    found.update(places_of(project, folder, uv, shared))
    return found


def places_of(
    project: ProjectFiles, folder: str, listed: Mapping[str, Any], workspace: str | None
) -> Iterator[tuple[str, str]]:
    for name, value in listed.items():
        one = table_of(value[0] if isinstance(value, list) and value else value)
        normalized = canonicalize_name(name)
        place = ""
        if one.get("workspace") is True and workspace is not None:
            member = members(project, workspace).get(normalized)
            place = file_place(member) if member is not None else ""
        elif text(one.get("path")):
            place = file_place(posixpath.join(folder, text(one.get("path"))))
        elif text(one.get("git")):
            place = git_place(one)
        elif text(one.get("url")):
            place = text(one.get("url"))
        if place:
            yield normalized, place


def git_place(one: Mapping[str, Any]) -> str:
    reference = next((text(one.get(key)) for key in ("rev", "tag", "branch") if one.get(key)), "")
    address = text(one.get("git")).removeprefix("git+")
    subdirectory = text(one.get("subdirectory"))
    return (
        f"git+{address}"
        + (f"@{reference}" if reference else "")
        + (f"#subdirectory={subdirectory}" if subdirectory else "")
    )


def file_place(path: str) -> str:
    return f"file:{quote(posixpath.normpath(path), safe='/.-_')}"


def workspace_folder(project: ProjectFiles, folder: str = "") -> str | None:
    """The folder, here or above, whose pyproject.toml declares a uv workspace."""
    for steps in range(DEEPEST_WORKSPACE + 1):
        candidate = posixpath.normpath(posixpath.join(folder or ".", *[".."] * steps))
        place = "" if candidate == "." else candidate
        if table_of(Folder(project, place).toml(PYPROJECT), "tool", "uv", "workspace"):
            return place
    return None


def members(project: ProjectFiles, workspace: str) -> Mapping[str, str]:
    """The folders of a workspace's members by name of their package, the workspace's own among them."""
    declared = table_of(Folder(project, workspace).toml(PYPROJECT), "tool", "uv", "workspace")
    listed = texts(declared.get("members"))
    found: dict[str, str] = {}
    folders = {workspace}
    for pattern in listed:
        for path in project.files(f"{pattern.rstrip('/')}/{PYPROJECT}", within=workspace):
            folders.add(posixpath.dirname(path))
    for folder in sorted(folders):
        facts = read_package(project, folder)
        if facts is not None:
            found[facts.normalized] = folder
    return found


def with_source(specifier: str, sources: Sources) -> str:
    """The specifier with the place that the manifest names for it; unchanged when it names none."""
    asked = parsed_specifier(specifier)
    if asked is None:
        return specifier
    place = sources.get(canonicalize_name(asked.name))
    if place is None or asked.url:
        return specifier
    extras = f"[{','.join(sorted(asked.extras))}]" if asked.extras else ""
    marker = f" ; {asked.marker}" if asked.marker else ""
    return f"{asked.name}{extras} @ {place}{marker}"
