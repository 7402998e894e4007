"""Whether a package can be used from where its source lies, as an editable installation does, or has to be
built."""

import posixpath
import re

from okamochi.pypi.manifests.package_facts import PackageFacts
from okamochi.pypi.manifests.package_versions import Folder, texts
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles
from okamochi.system.tables import table_of

__all__ = ["lies_ready"]

COMPILES = regex(
    r"ext_modules|cythonize|cffi_modules|rust_extensions|setuptools.rust|maturin|scikit.build|meson|\bmypyc\b"
    r"|[\"'][Cc]ython|pybind11|nanobind|hatch-cython|\[tool\.poetry\.build\]|build\.hooks|force-include"
)
NO_MODULES = ("setup.py", "conftest.py", "noxfile.py")


def lies_ready(project: ProjectFiles, folder: str, facts: PackageFacts) -> bool:
    """Its files tell name and version, it compiles and generates nothing, and its modules lie where its
    build tool looks for them."""
    below = Folder(project, folder)
    tables = below.toml("pyproject.toml")
    texts_ = "".join(below.text(name) for name in ("pyproject.toml", "setup.py", "setup.cfg"))
    if not facts.version or facts.dependencies is None or COMPILES.search(texts_):
        return False
    renamed = table_of(tables, "tool", "setuptools", "package-dir")
    if any(renamed) or re.search(r"package_dir\s*=(?!\s*\{\s*[\"'][\"']\s*:)", texts_):
        return False  # a package bears another name than its folder
    wheel = table_of(tables, "tool", "hatch", "build", "targets", "wheel")
    folders = {posixpath.dirname(one) for one in texts(wheel.get("packages"))}
    if "sources" in wheel or folders - {facts.import_folder}:
        return False
    packages = below.files(posixpath.join(facts.import_folder, "*/__init__.py"))
    modules = below.files(posixpath.join(facts.import_folder, "*.py"))
    return bool(packages) or any(posixpath.basename(path) not in NO_MODULES for path in modules)
