"""A folder of a project, and the version that its files tell. Nothing is run."""

import posixpath
import re
from collections.abc import Mapping
from typing import Any

import msgspec
from packaging.version import Version

from okamochi.pypi.manifests.setuptools_files import setup_cfg_sections, setup_py_text
from okamochi.system.data_text import NoDataError, toml_of
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles
from okamochi.system.tables import table_of

__all__ = ["Folder", "dynamic_version", "plain_version", "setup_version", "text", "texts"]

VERSION_LINE = regex(
    r"""^\s*(?:__version__|version|VERSION|__VERSION__)\s*(?::\s*\w+\s*)?=\s*["']([^"']+)["']""", re.MULTILINE
)


class Folder(msgspec.Struct, frozen=True):
    """One folder of a project."""

    project: ProjectFiles
    folder: str

    def text(self, name: str) -> str:
        return self.project.read_text(posixpath.normpath(posixpath.join(self.folder, name))) or ""

    def exists(self, name: str) -> bool:
        return self.project.exists(posixpath.normpath(posixpath.join(self.folder, name)))

    def toml(self, name: str) -> Mapping[str, Any]:
        try:
            return toml_of(self.text(name))
        except NoDataError:
            return {}

    def files(self, pattern: str) -> tuple[str, ...]:
        return self.project.files(pattern, within=self.folder)


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def texts(value: object) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def dynamic_version(below: Folder, tables: Mapping[str, Any]) -> tuple[str, str]:
    """From the file or module that the build tool's own table names; else what setup.cfg or setup.py says."""
    setuptools = table_of(tables, "tool", "setuptools", "dynamic", "version")
    paths = [text(setuptools.get("file")), text(table_of(tables, "tool", "hatch", "version").get("path"))]
    paths.append(text(table_of(tables, "tool", "pdm", "version").get("path")))
    paths += list(texts(setuptools.get("file")))
    for path in filter(None, paths):
        if found := version_in(below, path):
            return found, path
    module = text(setuptools.get("attr")).rpartition(".")[0]
    if not module and "flit_core" in text(table_of(tables, "build-system").get("build-backend")):
        project_name = text(table_of(tables, "project").get("name"))
        module = text(table_of(tables, "tool", "flit", "module").get("name")) or project_name.replace(
            "-", "_"
        )
    if module:
        return module_version(below, module)
    return setup_version(below)


def version_in(below: Folder, path: str) -> str:
    content = below.text(path)
    found = VERSION_LINE.search(content)
    return plain_version(found[1] if found else content.strip()[:100])


def module_version(below: Folder, module: str) -> tuple[str, str]:
    base = module.replace(".", "/")
    for root in ("", "src/"):
        for path in (f"{root}{base}.py", f"{root}{base}/__init__.py"):
            if below.exists(path) and (found := version_in(below, path)):
                return found, path
    return "", ""


def plain_version(written: str) -> str:
    """In the form that wheels bear; "" for what is no version."""
    try:
        return str(Version(written))
    except ValueError:
        return ""


def setup_version(below: Folder) -> tuple[str, str]:
    said = setup_cfg_sections(below.text("setup.cfg")).get("metadata", {}).get("version", "")
    if said.startswith("attr:"):
        return module_version(below, said.removeprefix("attr:").strip().rpartition(".")[0])
    if said.startswith("file:"):
        path = said.removeprefix("file:").strip()
        return version_in(below, path), path
    if plain_version(said):
        return plain_version(said), "setup.cfg"
    script = below.text("setup.py")
    if found := plain_version(setup_py_text(script, "version")):
        return found, "setup.py"
    # a script that reads it from somewhere names the file most often
    for path in re.findall(
        r"""["']([\w./-]*(?:VERSION|version|__init__|about|__about__)[\w.]*)["']""", script
    ):
        if below.exists(path) and (found := version_in(below, path)):
            return found, path
    return "", ""
