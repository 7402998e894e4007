"""A module that the package's own build writes: _version.py of setuptools-scm and its like."""

import posixpath
from collections.abc import Iterator, Mapping

from okamochi.detect.files.platform_files import toml
from okamochi.system.tables import table_of
from okamochi.workflows.mending.failed import Failed


def hint(failed: Failed) -> str:
    """Where a table of a tool in pyproject.toml names the file of the module (write_to, version_file)."""
    if not failed.missed:
        return ""
    root = failed.planned.plan.application.import_root
    stem = f"{failed.missed.replace('.', '/')}.py"
    places = {posixpath.join(place, stem) for place in (root, "", "src")}
    tables = toml(failed.planned.project, "pyproject.toml")
    for key, value in _texts(table_of(tables, "tool"), "tool"):
        path = value.removeprefix("./")
        if path in places:
            return (
                f"{path} is written when the package is built (pyproject.toml: {key}), and is not there: "
                "pip install -e . writes it; where .gitignore names it, take it into the image with "
                f'exclude = ["!/{path}"] in [tool.okamochi]'
            )
    return ""


def _texts(table: Mapping[str, object], above: str) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        key = f"{above}.{name}"
        if isinstance(value, str):
            yield key, value
        elif isinstance(value, dict):
            yield from _texts(value, key)
