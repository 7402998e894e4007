"""What is tried after a start that failed."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from okamochi.errors import BuildError, UnhealthyError
from okamochi.model.correction import CorrectionKind
from okamochi.oci.platform import LINUX_AMD64
from okamochi.oci.reference import Reference
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.mending.failed_start import FailedStart
from okamochi.workflows.mending.kept_corrections import with_correction
from okamochi.workflows.plan import plan_project
from tests.bad_projects.conftest import FLASK_APP

LOG = """\
Traceback (most recent call last):
  File "/app/app.py", line 6, in view
    import sklearn.linear_model.base
ModuleNotFoundError: No module named 'sklearn.linear_model.base'
"""


def test_what_cannot_be_had_is_not_tried_again_and_leaves_the_plan_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(FLASK_APP)
    (tmp_path / "requirements.txt").write_text("flask\nscikit-learn\n")
    world = World.real({}, SilentReporter(), cache_root=tmp_path / "cache")
    planned = plan_project(tmp_path, world)
    building: Any = SimpleNamespace(
        request=SimpleNamespace(locked=False),
        platform=LINUX_AMD64,
        planned=planned,
        known=None,
        world=world,
    )
    building.plan_now = lambda: building.planned
    failure = UnhealthyError("it answers 500", hint="")
    failure.log = LOG
    component = SimpleNamespace(kind="wheel", name="scikit-learn", version="1.7.2")
    built = cast(Any, SimpleNamespace(components=(component,)))
    failed = FailedStart(failure, planned, built, Reference.parse("x:1"), None)

    first = failed.correction(building, cast(Any, None), {})
    assert first is not None
    assert (first.kind, first.value) == (CorrectionKind.REQUIREMENT, "scikit-learn<1")
    building.planned = with_correction(planned, first)
    failed.refuse(building, BuildError("no wheel", hint=""))
    assert building.planned is planned
    assert failed.correction(building, cast(Any, None), {}) is None
    later = FailedStart(failure, planned, built, Reference.parse("x:1"), failed)
    assert later.correction(building, cast(Any, None), {}) is None
