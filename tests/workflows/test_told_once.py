"""What one build says is said once, however often it is tried anew."""

from pathlib import Path

from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.build import Building, BuildRequest
from tests.detect.plans import FLASK_APP


def test_a_warning_is_not_said_again_after_each_attempt(tmp_path: Path) -> None:
    reporter = SilentReporter()
    world = World.real({}, reporter, offline=True, cache_root=tmp_path / "cache")
    project = tmp_path / "shop"
    project.mkdir()
    (project / "app.py").write_text(FLASK_APP)
    building = Building.open(BuildRequest(path=project), world)
    assert [one.partition(":")[0] for one in reporter.notes] == ["dependencies.inline"]
    building.tell_warnings(fields=("dependencies.inline",))
    assert len(reporter.notes) == 1
