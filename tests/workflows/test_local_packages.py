"""Packages that are source of the project, in the image."""

from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.workflows.conftest import Build
from tests.workflows.test_git_checkouts import git

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


@pytest.mark.namespaces
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

    text = PYPROJECT.replace('version = "VERSION"', 'dynamic = ["version"]').replace(
        '["hatchling"]', '["hatchling", "hatch-vcs"]'
    )
    (root / "pyproject.toml").write_text(text)
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "one")
    for tag in ("v3.1", "v3.2"):
        git(root, "tag", tag)
        members = build(root, layout=tag).members
        assert f"{SITE}/my_shop-{tag[1:]}.dist-info/METADATA" in members


LIBRARY = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "NAME"
version = "1.0"
[tool.hatch.build.targets.wheel]
packages = ["NAME"]
"""


def library(root: Path, name: str, text: str) -> Path:
    (root / name).mkdir(parents=True)
    (root / "pyproject.toml").write_text(LIBRARY.replace("NAME", name))
    (root / name / "__init__.py").write_text(text)
    return root


@pytest.mark.namespaces
@pytest.mark.needs("git")
def test_siblings_of_a_monorepo_and_git_dependencies_are_built_and_only_the_latter_are_locked(
    program: Program, build: Build, tmp_path: Path
) -> None:
    mono = tmp_path / "mono"
    common = library(mono / "libs/common", "common", "X = 1\n")
    (mono / ".git").mkdir()
    remote = library(tmp_path / "remote", "remote", "Y = 1\n")
    git(remote, "init", "--quiet", "--initial-branch=main", ".")
    git(remote, "add", ".")
    git(remote, "commit", "--quiet", "-m", "one")
    commit = git(remote, "rev-parse", "HEAD")
    root = mono / "services/web"
    root.mkdir(parents=True)
    (root / "requirements.txt").write_text(
        f"flask\n-e ../../libs/common\nremote @ git+{remote.as_uri()}@main\n"
    )
    (root / "app.py").write_text("import common, remote\nfrom flask import Flask\napp = Flask(__name__)\n")
    first = build(root)
    assert first.report["entry_point"]["outcome"] == "proved"
    assert first.members[f"{SITE}/common/__init__.py"].content == b"X = 1\n"
    lock = (root / "okamochi.lock").read_text()
    assert f"git+{remote.as_uri()}@{commit}" in lock and '"common"' not in lock

    # the source that is being worked on needs no new lock, and the branch that moved on changes nothing
    (common / "common/__init__.py").write_text("X = 2\n")
    (remote / "remote/__init__.py").write_text("Y = 2\n")
    git(remote, "commit", "--quiet", "-a", "-m", "two")
    second = build(root, "--locked", layout="second")
    assert second.members[f"{SITE}/common/__init__.py"].content == b"X = 2\n"
    assert second.members[f"{SITE}/remote/__init__.py"].content == b"Y = 1\n"
    assert build(root, "--locked", layout="third").digest == second.digest
