"""A Python that only an image of a registry has."""

from pathlib import Path

import pytest

from okamochi.errors import PlanError
from okamochi.oci.platform import LINUX_AMD64
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.lock import LockMode, LockSession
from okamochi.workflows.plan import plan_project
from tests.bad_projects.conftest import FLASK_APP


def test_it_is_planned_and_before_anything_is_fetched_the_build_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(FLASK_APP)
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "shop"\nversion = "1"\ndependencies = ["flask"]\nrequires-python = "==3.12.*"\n'
    )
    world = World.real({}, SilentReporter(), offline=True, cache_root=tmp_path / "cache")
    planned = plan_project(tmp_path, world)
    assert planned.plan.base.image == "python:3.12-slim"
    with pytest.raises(PlanError, match=r"only in the image python:3\.12-slim") as caught:
        LockSession.open(world, planned, LINUX_AMD64, LockMode.KEEP)
    assert "3.13, 3.11, 3.9, 3.14" in caught.value.hint
