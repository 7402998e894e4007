"""The empty folders in an image that volumes and file systems in memory are mounted over."""

import pytest
from msgspec.structs import replace

from okamochi.build.frame import with_ancestors
from okamochi.build.layers import volume_folders
from okamochi.model.process import Volume
from tests.detect.plans import FLASK_APP, planned


@pytest.mark.parametrize(("path", "mode"), [("/tmp/.ipython/profile_default", 0o1777), ("/app/data", None)])
def test_everybody_may_write_to_tmp_above_a_volume(path: str, mode: int | None) -> None:
    plan = replace(planned({"app.py": FLASK_APP}), volumes=(Volume(name="kept", path=path),))
    modes = {one.path: one.mode for one in with_ancestors(volume_folders(plan))}
    assert modes.get("tmp") == mode
    assert modes[path.strip("/")] == 0o755
