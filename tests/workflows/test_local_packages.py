"""Packages that are source of the project, in the image."""

from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.workflows.conftest import Build

pytestmark = [pytest.mark.network]
SITE = "opt/venv/lib/python3.13/site-packages"
PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "my-shop"
version = "VERSION"
dependencies = ["flask"]
[project.scripts]
my-shop = "shop.cli:main"
[project.entry-points."shop.plugins"]
hello = "shop.cli:main"
"""
APP = """\
from importlib.metadata import entry_points, version
from flask import Flask
app = Flask(__name__)
(plugin,) = entry_points(group="shop.plugins")
assert plugin.load()() == version("my-shop")
"""


def test_the_project_itself_counts_as_installed_with_its_scripts_and_plugins(
    program: Program, build: Build, tmp_path: Path
) -> None:
    root = tmp_path / "shop"
    (root / "src/shop").mkdir(parents=True)
    (root / "src/shop/__init__.py").write_text("")
    (root / "src/shop/cli.py").write_text(
        "from importlib.metadata import version\ndef main():\n    return version('my-shop')\n"
    )
    (root / "src/shop/web.py").write_text(APP)
    (root / "pyproject.toml").write_text(PYPROJECT.replace("VERSION", "1.0"))
    first = build(root)
    metadata = first.members[f"{SITE}/my_shop-1.0.dist-info/METADATA"].content
    assert metadata is not None and b"Name: my-shop\n" in metadata
    assert first.members[f"{SITE}/__editable__.my_shop-1.0.pth"].content == b"/app/src\n"
    script = first.members["opt/venv/bin/my-shop"]
    assert script.facts.mode & 0o111 and script.content is not None
    assert script.content.startswith(b"#!/opt/venv/bin/python\n")
    assert first.report["entry_point"]["outcome"] == "proved"
    assert "my-shop" not in (root / "okamochi.lock").read_text()

    (root / "pyproject.toml").write_text(PYPROJECT.replace("VERSION", "1.1"))
    second = build(root, layout="second")
    assert f"{SITE}/my_shop-1.1.dist-info/METADATA" in second.members
    assert f"{SITE}/my_shop-1.0.dist-info/METADATA" not in second.members
