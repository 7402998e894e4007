"""What planning cannot see is built without planning, to the same image; any other change is planned."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows import plan
from okamochi.workflows.build import BuildRequest, build_image
from okamochi.workflows.remembered import BuiltImage

pytestmark = pytest.mark.network

Make = Callable[[], BuiltImage]
SETTLE_SECONDS = 0.15


class Planned(Exception):
    pass


@pytest.fixture
def project(minimal: Path) -> Path:
    (minimal / "templates").mkdir()
    (minimal / "templates/page.html").write_text("<p>one</p>\n")
    return minimal


@pytest.fixture
def make(project: Path, okamochi_cache: Path) -> Make:
    return lambda: made(project, okamochi_cache)


def made(project: Path, cache: Path) -> BuiltImage:
    # what changed a moment ago is not remembered: a second change could bear the same time stamp
    time.sleep(SETTLE_SECONDS)
    world = World.real({}, SilentReporter(), cache_root=cache)
    return build_image(BuildRequest(path=project), world)


def refuse_to_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    def planned(*_: object) -> None:
        raise Planned

    monkeypatch.setattr(plan, "plan_project", planned)


def edit_template(project: Path) -> None:
    (project / "templates/page.html").write_text("<p>two, and longer</p>\n")


def edit_comment(project: Path) -> None:
    source = project / "app.py"
    source.write_text("# a line that moves all others\n\n" + source.read_text())


@pytest.mark.parametrize("edit", [edit_template, edit_comment])
def test_the_image_is_that_of_a_full_build(
    edit: Callable[[Path], None],
    project: Path,
    make: Make,
    fresh_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = make()
    edit(project)
    full = made(project, fresh_cache)
    refuse_to_plan(monkeypatch)
    again = make()
    assert again.image.digest == full.image.digest != before.image.digest
    assert again.image.config_bytes == full.image.config_bytes
    assert again.components == full.components


def test_one_change_after_another_is_built_without_planning(
    project: Path, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make()
    refuse_to_plan(monkeypatch)
    digests = set()
    for number in range(3):
        (project / "templates/page.html").write_text(f"<p>{number}</p>\n" * 50)
        edit_comment(project)
        digests.add(make().image.digest)
    assert len(digests) == 3


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("app.py", "import os\nfrom flask import Flask\napp = Flask(__name__)\nos.environ['TOKEN']\n"),
        ("requirements.txt", "flask==3.1.3\n\n"),
        ("templates/new.html", "<p>new</p>\n"),
        (".dockerignore", "templates\n"),
    ],
)
def test_what_planning_may_see_is_planned(
    path: str, text: str, project: Path, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make()
    (project / path).write_text(text)
    refuse_to_plan(monkeypatch)
    with pytest.raises(Planned):
        make()


def test_a_file_that_becomes_executable_is_planned(
    project: Path, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make()
    (project / "templates/page.html").chmod(0o755)
    refuse_to_plan(monkeypatch)
    with pytest.raises(Planned):
        make()
