"""What planning looked at beside the project is part of what is remembered: it may come, change and go."""

import time
from pathlib import Path

import pytest

from okamochi.errors import OkamochiError
from okamochi.system.project_files import DiskProject
from okamochi.system.world import World
from okamochi.workflows.plan import plan_project
from okamochi.workflows.rebuilding.outside import outside_stamps, outside_unchanged
from tests.detect.plans import FLASK_APP
from tests.pypi.wheel_making import make_world

SETTLE_SECONDS = 0.05


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project in a checkout, with requirements that lie beside it."""
    folder = tmp_path / "checkout/shop"
    folder.mkdir(parents=True)
    (tmp_path / "checkout/.git").mkdir()
    (folder / "app.py").write_text(FLASK_APP)
    (folder / "requirements.txt").write_text("flask\n-r ../common.txt\n")
    (folder.parent / "common.txt").write_text("redis\n")
    return folder


def test_a_plan_that_was_read_from_beside_the_project_is_remembered(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(tmp_path, {})
    assert "app.py" in paths_read(root, world, monkeypatch)
    assert "app.py" not in paths_read(root, world, monkeypatch)


def test_it_is_read_again_when_what_lies_beside_it_changed(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(tmp_path, {})
    paths_read(root, world, monkeypatch)
    (root.parent / "common.txt").write_text("redis\npackaging\n")
    assert "app.py" in paths_read(root, world, monkeypatch)


def test_what_is_no_longer_shared_is_refused_not_remembered(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(tmp_path, {})
    paths_read(root, world, monkeypatch)
    (root.parent / ".git").rmdir()
    with pytest.raises(OkamochiError, match="common"):
        paths_read(root, world, monkeypatch)


def test_a_file_that_planning_missed_beside_the_project_is_seen_when_it_comes(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "pyproject.toml").write_text(
        "[project]\nname='shop'\nversion='1'\ndependencies=['flask']\n"
        "[tool.uv.sources]\nflask = {index = 'here'}\n[[tool.uv.index]]\nname='here'\nurl='https://here.test'\n"
    )
    world = make_world(tmp_path, {})
    paths_read(root, world, monkeypatch)
    (root.parent / "pyproject.toml").write_text("[tool.uv.workspace]\nmembers = ['shop']\n")
    assert "app.py" in paths_read(root, world, monkeypatch)


def paths_read(root: Path, world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What planning reads of the project, once everything has settled."""
    time.sleep(SETTLE_SECONDS)
    read: list[str] = []
    real = DiskProject.read_bytes

    def noted(self: DiskProject, path: str, *, limit_bytes: int = 4_000_000) -> bytes | None:
        read.append(path)
        return real(self, path, limit_bytes=limit_bytes)

    with monkeypatch.context() as patched:
        patched.setattr(DiskProject, "read_bytes", noted)
        plan_project(root, world)
    return read


def test_stamps_tell_what_comes_changes_and_goes(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    (root / "inner").mkdir(parents=True)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/a.py").write_text("1")
    time.sleep(SETTLE_SECONDS)
    stamps = outside_stamps(root, ["../absent.toml", "../lib", "inner", "../lib"])
    assert [path for path, _ in stamps] == ["../absent.toml", "../lib"]
    assert outside_unchanged(root, stamps)
    (tmp_path / "absent.toml").write_text("")
    assert not outside_unchanged(root, stamps)
    (tmp_path / "absent.toml").unlink()
    assert outside_unchanged(root, stamps)
    (tmp_path / "lib/b.py").write_text("2")
    assert not outside_unchanged(root, stamps)
