"""The folders of source that a project's dependencies name, and those that they name in turn."""

from collections.abc import Iterable

import msgspec
from packaging.utils import canonicalize_name

from okamochi.model.plan import LocalPackage
from okamochi.pypi.direct_references import folder_of, is_archive, is_built_here, wheel_name
from okamochi.pypi.manifests.named_sources import named_sources, with_source
from okamochi.pypi.manifests.package_facts import manifest_files, names_in, read_package
from okamochi.pypi.manifests.package_layout import lies_ready
from okamochi.pypi.specifiers import parsed_specifier
from okamochi.system.project_files import ProjectFiles

__all__ = ["LocalPackages", "local_packages"]

MOST_PACKAGES = 200


class LocalPackages(msgspec.Struct, frozen=True):
    """`specifiers` are those with a place of their own that the packages ask for beyond what was asked;
    `names` all that they ask for; `files` what was read."""

    packages: tuple[LocalPackage, ...] = ()
    specifiers: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    files: tuple[str, ...] = ()


def local_packages(project: ProjectFiles, specifiers: Iterable[str]) -> LocalPackages:
    """Of all that the specifiers ask for; the root of the project itself is none of them."""
    found: dict[str, LocalPackage] = {}
    further: dict[str, str] = {}
    names: set[str] = set()
    files: set[str] = set()
    waiting = list(specifiers)
    asked = {name_and_place(one)[0] for one in waiting}
    while waiting and len(found) < MOST_PACKAGES:
        name, place, extras = name_and_place(waiting.pop())
        folder = folder_of(place)
        if not folder or folder == "." or any(one.path == folder for one in found.values()):
            continue
        package = local_package(project, name, folder)
        found[package.name] = package
        if wheel_name(folder) or is_archive(folder):
            files.add(folder)
            continue
        files.update(manifest_files(project, folder))
        facts = read_package(project, folder)
        wanted = [*(facts.dependencies or ())] if facts is not None else []
        for extra, listed in facts.extras if facts is not None else ():
            wanted += listed if canonicalize_name(extra) in extras else ()
        names |= names_in(tuple(wanted))
        sources = named_sources(project, folder)
        for one in (with_source(one, sources) for one in wanted):
            other, at, _ = name_and_place(one)
            if at and is_built_here(at) and other not in asked:
                asked.add(other)
                further[other] = one
                waiting.append(one)
    return LocalPackages(
        tuple(found[name] for name in sorted(found)),
        tuple(further[name] for name in sorted(further)),
        frozenset(names),
        tuple(sorted(files)),
    )


def local_package(project: ProjectFiles, name: str, path: str) -> LocalPackage:
    """The package in a folder, by the name that its own files tell."""
    facts = read_package(project, path) if not (wheel_name(path) or is_archive(path)) else None
    if facts is None:
        return LocalPackage(name=name, path=path)
    ready = path.split("/")[0] != ".." and lies_ready(project, path, facts)
    return LocalPackage(name=facts.normalized, path=path, editable=ready)


def name_and_place(specifier: str) -> tuple[str, str, frozenset[str]]:
    asked = parsed_specifier(specifier)
    if asked is None:
        return "", "", frozenset()
    return canonicalize_name(asked.name), asked.url or "", frozenset(map(canonicalize_name, asked.extras))
