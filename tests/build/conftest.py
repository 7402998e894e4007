from pathlib import Path

import pytest

from okamochi.system.progress import SilentReporter
from okamochi.system.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.real({}, SilentReporter(), offline=True, cache_root=tmp_path / "cache")
