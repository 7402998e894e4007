"""What the files of a folder say about its package: name, version, entry points. Nothing is run."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from packaging.utils import canonicalize_name

from okamochi.pypi.manifests.package_versions import (
    Folder,
    dynamic_version,
    plain_version,
    setup_version,
    text,
    texts,
)
from okamochi.pypi.manifests.setuptools_files import (
    asks_for_nothing,
    setup_cfg_sections,
    setup_cfg_specifiers,
    setup_py_entry_points,
    setup_py_specifiers,
    setup_py_text,
)
from okamochi.pypi.specifiers import parsed_specifier
from okamochi.system.patterns import regex
from okamochi.system.project_files import MemoryProject, ProjectFiles
from okamochi.system.tables import table_of

__all__ = ["MANIFESTS", "PackageFacts", "manifest_files", "names_in", "read_package"]

EntryPointGroups = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]

NAME = regex(r"[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9]")
TARGET = regex(r"[A-Za-z_][\w.]*(?::[A-Za-z_][\w.]*)?(?:\s*\[[\w\s,.-]*\])?")
FROM_TAGS = regex(r"setuptools.scm|hatch-vcs|versioningit|dunamai|poetry-dynamic-versioning|\bpbr\b")
MANIFESTS = ("pyproject.toml", "setup.cfg", "setup.py")


class PackageFacts(msgspec.Struct, frozen=True, kw_only=True):
    """`name` as it is written. `version` is "" when no file tells it; `from_tags`: it is that of a version
    control tag. `dependencies` are None when they cannot be told without running a script. `import_folder`
    is where its modules lie, below its own folder. `installs`: its build tool or its scripts say that it is
    meant to be installed."""

    name: str
    version: str = ""
    version_place: str = ""
    from_tags: bool = False
    dependencies: tuple[str, ...] | None = None
    extras: tuple[tuple[str, tuple[str, ...]], ...] = ()
    requires_python: str = ""
    entry_points: EntryPointGroups = ()
    import_folder: str = ""
    installs: bool = False
    manifest: str = "pyproject.toml"

    @property
    def normalized(self) -> str:
        return canonicalize_name(self.name)


def manifest_files(project: ProjectFiles, folder: str = "") -> tuple[str, ...]:
    """The files of a folder that say what its package is and needs."""
    names = (posixpath.join(folder, name) for name in (*MANIFESTS, "requirements.txt"))
    return tuple(path for path in names if project.exists(path))


def read_package(project: ProjectFiles, folder: str = "") -> PackageFacts | None:
    """None when no file of the folder names a package. Damaged files say nothing here: who needs them
    tells."""
    below = Folder(project, folder)
    tables = below.toml("pyproject.toml")
    for read in (from_project_table, from_poetry, from_setuptools):
        facts = read(below, tables)
        if facts is not None and NAME.fullmatch(facts.name):
            return facts
    return None


def from_project_table(below: Folder, tables: Mapping[str, Any]) -> PackageFacts | None:
    found = table_of(tables, "project")
    name = text(found.get("name"))
    if not name:
        return None
    dynamic = texts(found.get("dynamic"))
    version, place = plain_version(text(found.get("version"))), "pyproject.toml"
    if not version and "version" in dynamic:
        version, place = dynamic_version(below, tables)
    groups: dict[str, Mapping[str, Any]] = {
        "console_scripts": table_of(found, "scripts"),
        "gui_scripts": table_of(found, "gui-scripts"),
    }
    groups.update({group: table_of(one) for group, one in table_of(found, "entry-points").items()})
    entry_points = groups_of(groups)
    package = table_of(tables, "tool", "uv").get("package")
    listed = "dependencies" in found or "dependencies" not in dynamic
    return PackageFacts(
        name=name,
        version=version,
        version_place=place,
        from_tags=not version and FROM_TAGS.search(below.text("pyproject.toml")) is not None,
        dependencies=texts(found.get("dependencies")) if listed else setuptools_dependencies(below, tables),
        extras=tuple((key, texts(one)) for key, one in table_of(found, "optional-dependencies").items()),
        requires_python=text(found.get("requires-python")),
        entry_points=entry_points,
        import_folder=import_folder(below, tables),
        installs=package is not False and ("build-system" in tables or bool(entry_points) or package is True),
    )


def setuptools_dependencies(below: Folder, tables: Mapping[str, Any]) -> tuple[str, ...] | None:
    """dynamic = ["dependencies"]: the files that setuptools reads, else what setup.cfg and setup.py say."""
    named = table_of(tables, "tool", "setuptools", "dynamic", "dependencies").get("file")
    names = (named,) if isinstance(named, str) else texts(named)
    if names:
        lines = (line.partition("#")[0].strip() for name in names for line in below.text(name).splitlines())
        return tuple(line for line in lines if line and not line.startswith("-"))
    return setup_dependencies(below)


def setup_dependencies(below: Folder) -> tuple[str, ...] | None:
    found = setup_cfg_specifiers(below.project, posixpath.join(below.folder, "setup.cfg"))
    if found is None and below.exists("setup.py"):
        found = setup_py_specifiers(below.project, posixpath.join(below.folder, "setup.py"))
        if found is None and asks_for_nothing(below.text("setup.py")):
            return ()
    return found


def from_poetry(below: Folder, tables: Mapping[str, Any]) -> PackageFacts | None:
    found = table_of(tables, "tool", "poetry")
    name = text(found.get("name"))
    if not name:
        return None
    groups: dict[str, Mapping[str, Any]] = {"console_scripts": table_of(found, "scripts")}
    groups.update({group: table_of(one) for group, one in table_of(found, "plugins").items()})
    return PackageFacts(
        name=name,
        version=plain_version(text(found.get("version"))),
        version_place="pyproject.toml",
        from_tags="poetry-dynamic-versioning" in below.text("pyproject.toml"),
        dependencies=poetry_dependencies(below),
        entry_points=groups_of(groups),
        import_folder=import_folder(below, tables),
        installs=found.get("package-mode") is not False and has_modules(below, name, tables),
    )


def poetry_dependencies(below: Folder) -> tuple[str, ...]:
    # tables of locks need requirement lines, which may be of a package like this one
    from okamochi.pypi.manifests.poetry_tables import poetry_specifiers

    alone = MemoryProject({MANIFESTS[0]: below.text(MANIFESTS[0])})
    return poetry_specifiers(alone, (), (), below.folder)


def has_modules(below: Folder, name: str, tables: Mapping[str, Any]) -> bool:
    """Poetry refuses to install a project that has no package of its own name or list."""
    if table_of(tables, "tool", "poetry").get("packages"):
        return True
    module = canonicalize_name(name).replace("-", "_")
    places = (f"{root}{module}{end}" for root in ("", "src/") for end in ("/__init__.py", ".py"))
    return any(map(below.exists, places))


def from_setuptools(below: Folder, tables: Mapping[str, Any]) -> PackageFacts | None:
    sections = setup_cfg_sections(below.text("setup.cfg"))
    script = below.text("setup.py")
    name = safe_name(sections.get("metadata", {}).get("name", "") or setup_py_text(script, "name"))
    if not name:
        return None
    version, place = setup_version(below)
    points = sections.get("options.entry_points")
    groups = lines_of_groups(points) if points else groups_of(setup_py_entry_points(script))
    return PackageFacts(
        name=name,
        version=version,
        version_place=place,
        from_tags=not version and FROM_TAGS.search(script + below.text("setup.cfg")) is not None,
        dependencies=setup_dependencies(below),
        requires_python=sections.get("options", {}).get("python_requires", ""),
        entry_points=groups,
        import_folder=import_folder(below, tables),
        installs=True,
        manifest="setup.cfg" if sections.get("metadata", {}).get("name") else "setup.py",
    )


def safe_name(name: str) -> str:
    """As setuptools writes "Medical Chatbot" into the metadata:
    https://setuptools.pypa.io/en/latest/pkg_resources.html#parsing-utilities"""
    return re.sub(r"[^A-Za-z0-9._]+", "-", name.strip())


def lines_of_groups(section: Mapping[str, str]) -> EntryPointGroups:
    groups = {
        group: {
            name.strip(): target.strip()
            for name, equals, target in (line.partition("=") for line in lines.splitlines())
            if equals
        }
        for group, lines in section.items()
    }
    return groups_of(groups)


def groups_of(groups: Mapping[str, Mapping[str, Any]]) -> EntryPointGroups:
    """Sorted; only what is an entry point. Poetry writes some as tables."""
    found: list[tuple[str, tuple[tuple[str, str], ...]]] = []
    for group, listed in sorted(groups.items()):
        points = tuple(sorted(points_of(listed)))
        if points and re.fullmatch(r"\w[\w.:-]*", group):
            found.append((group, points))
    return tuple(found)


def points_of(listed: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in listed.items():
        target = (
            text(value) or text(table_of(value).get("reference")) or text(table_of(value).get("callable"))
        )
        if TARGET.fullmatch(target.strip()) and re.fullmatch(r"[\w.\- ]*[\w.-]", name):
            yield name, target.strip()


def import_folder(below: Folder, tables: Mapping[str, Any]) -> str:
    """Where the modules lie: as the build tool's table says, else "src" where packages lie in there."""
    setuptools = table_of(tables, "tool", "setuptools")
    said = [text(table_of(setuptools, "package-dir").get(""))]
    said += list(texts(table_of(setuptools, "packages", "find").get("where")))
    packages = table_of(tables, "tool", "poetry").get("packages")
    said += [text(table_of(one).get("from")) for one in (packages if isinstance(packages, list) else ())]
    for folder in filter(None, said):
        if folder not in (".", "./") and ".." not in folder.split("/") and below.exists(folder):
            return posixpath.normpath(folder).lstrip("/")
    inside = below.files("src/*/__init__.py") or below.files("src/*.py")
    return "src" if inside and not below.exists("src/__init__.py") else ""


def names_in(specifiers: tuple[str, ...]) -> frozenset[str]:
    """Normalized; what is no specifier names nothing."""
    asked = (parsed_specifier(one) for one in specifiers)
    return frozenset(canonicalize_name(one.name) for one in asked if one is not None)
