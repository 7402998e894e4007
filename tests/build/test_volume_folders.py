"""The empty folders in an image that volumes and file systems in memory are mounted over."""

import pytest
from msgspec.structs import replace

from okamochi.build.app_layers import Volumes
from okamochi.build.frame import with_ancestors
from okamochi.build.layers import volume_folders
from okamochi.model.process import TemporaryFolder, Volume
from okamochi.oci.entry import directory
from tests.detect.plans import FLASK_APP, planned


@pytest.mark.parametrize(("path", "mode"), [("/tmp/.ipython/profile_default", 0o1777), ("/app/data", None)])
def test_everybody_may_write_to_tmp_above_a_volume(path: str, mode: int | None) -> None:
    plan = replace(planned({"app.py": FLASK_APP}), volumes=(Volume(name="kept", path=path),))
    modes = {one.path: one.mode for one in with_ancestors(volume_folders(plan))}
    assert modes.get("tmp") == mode
    assert modes[path.strip("/")] == 0o755


def test_a_folder_that_the_project_has_where_files_are_collected_is_open_to_the_app() -> None:
    """The desk leaves an empty staticfiles/ in the source; what runc mounts over it gets that one's mode."""
    folder = TemporaryFolder(path="/app/staticfiles", size_bytes=1)
    plan = replace(planned({"app.py": FLASK_APP}), temporary_folders=(folder,))
    owner = plan.security.run_as_user
    entries = (directory("app/staticfiles", "app"), directory("app/static", "app"))
    modes = {one.path: (one.mode, one.uid) for one in Volumes.of(plan).owning(entries)}
    assert modes == {"app/staticfiles": (0o1777, owner), "app/static": (0o755, 0)}
