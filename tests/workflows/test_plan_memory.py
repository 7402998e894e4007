"""Planning reads each file once, and none when nothing changed."""

import os
import time
from collections import Counter
from pathlib import Path
from typing import ClassVar

import pytest

from okamochi.detect.planner import make_plan
from okamochi.model.settings_reader import read_settings
from okamochi.system.project_files import DiskProject
from okamochi.system.world import World
from okamochi.workflows.plan import TracedProject, plan_project
from okamochi.workflows.rebuilding.remembered import is_open
from tests.build.real_git import git, new_repository
from tests.detect.plans import FLASK_APP
from tests.pypi.wheel_making import make_world

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


class Counted(DiskProject):
    """Counts what is read from the disk."""

    counts: ClassVar[Counter[str]] = Counter()

    def read_bytes(self, path: str, *, limit_bytes: int = 4_000_000) -> bytes | None:
        content = super().read_bytes(path, limit_bytes=limit_bytes)
        if content is not None:
            self.counts[path] += 1
        return content


@pytest.mark.parametrize("example", ["invoice", "fastapi-uv", "django-poetry", "streamlit-pipenv", "panel"])
def test_no_file_is_read_twice(example: str) -> None:
    Counted.counts.clear()
    project = TracedProject(Counted.open(EXAMPLES / example))
    make_plan(project, read_settings(project))
    assert Counted.counts and max(Counted.counts.values()) == 1, Counted.counts.most_common(3)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path, {})


def test_a_project_in_which_nothing_changed_is_not_read_again(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "shop"
    root.mkdir()
    (root / "app.py").write_text(FLASK_APP)
    (root / "requirements.txt").write_text("flask\n")
    time.sleep(0.05)  # a change within the clock's tick would not be told apart
    first = plan_project(root, world)
    read: list[str] = []
    real = DiskProject.read_bytes

    def noted(self: DiskProject, path: str, *, limit_bytes: int = 4_000_000) -> bytes | None:
        read.append(path)
        return real(self, path, limit_bytes=limit_bytes)

    monkeypatch.setattr(DiskProject, "read_bytes", noted)
    second = plan_project(root, world)
    assert second.plan == first.plan and second.seen == first.seen
    assert "app.py" not in read

    (root / "app.py").write_text(FLASK_APP.replace("app =", "application ="))
    os.utime(root / "app.py")
    time.sleep(0.05)
    assert plan_project(root, world).plan.application.object_reference == "app:application"
    assert plan_project(root, world, {"port": "9000"}).plan.web.port == 9000


def test_thousands_of_files_are_planned_in_little_time(world: World, tmp_path: Path) -> None:
    root = tmp_path / "large"
    (root / "shop").mkdir(parents=True)
    (root / "requirements.txt").write_text("flask\n")
    (root / "shop/__init__.py").write_text("")
    (root / "wsgi.py").write_text(FLASK_APP)
    for number in range(500):
        (root / f"shop/part{number}.py").write_text(f"def part(value):\n    return value + {number}\n")
    for number in range(4500):
        folder = root / f"shop/static/{number // 500}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.js").write_text("x")
    time.sleep(0.05)
    cold, warm = (processor_seconds(root, world) for _ in range(2))
    # CPU time, with room for a slow machine: cold is about 0.5 s, warm about 0.05 s
    assert cold < 4 and warm < 1
    assert warm < cold


def processor_seconds(root: Path, world: World) -> float:
    begin = time.process_time()
    plan_project(root, world)
    return time.process_time() - begin


def test_a_file_that_git_begins_to_track_is_noticed(world: World, tmp_path: Path) -> None:
    root = new_repository(tmp_path / "shop")
    for path, text in (("app.py", FLASK_APP), (".gitignore", "*.csv\n"), ("rates.csv", "1\n")):
        (root / path).write_text(text)
    git(root, "add", "app.py")
    time.sleep(0.05)
    assert "!/rates.csv" not in plan_project(root, world).plan.source.exclude
    git(root, "add", "--force", "rates.csv")
    assert "!/rates.csv" in plan_project(root, world).plan.source.exclude


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (("*.csv", "!/rates.csv"), False),
        (("lib/", "!/lib/", "/lib/*", "!/lib/a.js"), False),
        (("lib/", "!/lib/", "/lib/**/node_modules/"), False),
        (("lib/", "!/lib/"), True),
        (("!/node_modules/a.js",), True),
        (("!/sub/**/lib",), True),
        (("!lib",), True),
    ],
)
def test_what_may_bring_back_folders_that_nobody_watches(patterns: tuple[str, ...], expected: bool) -> None:
    assert is_open(patterns) is expected
