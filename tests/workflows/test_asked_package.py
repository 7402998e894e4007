"""A package that an installed library asks for in its own words."""

from pathlib import Path

from okamochi.model.correction import CorrectionKind
from okamochi.run.proof.answer import Answer, verdict_of
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.mending.corrections import correction_for
from okamochi.workflows.mending.failed import Failed
from okamochi.workflows.mending.kept_corrections import with_correction
from okamochi.workflows.plan import PlannedProject, plan_project
from tests.bad_projects.conftest import FLASK_APP

TEXT = """\
Traceback (most recent call last):
  File "/app/app.py", line 4, in <module>
    @app.post("/files")
  File "/opt/venv/lib/python3.13/site-packages/fastapi/dependencies/utils.py", line 119, in ensure
    raise RuntimeError(multipart_not_installed_error)
RuntimeError: Form data requires "python-multipart" to be installed.
"""
ANSWER = Answer(
    outcome="failed",
    error="RuntimeError",
    message='Form data requires "python-multipart" to be installed.\nYou can install it',
    text=TEXT,
    asked="python-multipart",
)


def project(folder: Path) -> PlannedProject:
    (folder / "app.py").write_text(FLASK_APP)
    (folder / "requirements.txt").write_text("flask\nfastapi\n")
    return plan_project(folder, World.real({}, SilentReporter(), cache_root=folder / "cache"))


def test_it_is_added_before_older_versions_are_tried_with_the_librarys_words(tmp_path: Path) -> None:
    planned = project(tmp_path)
    found = correction_for(Failed(verdict_of(ANSWER), ANSWER, planned, installed={"fastapi": "0.115.0"}))
    assert found is not None
    assert (found.kind, found.value) == (CorrectionKind.REQUIREMENT, "python-multipart")
    assert "Form data requires" in found.reason and found.reason.isprintable()
    again = correction_for(Failed(verdict_of(ANSWER), ANSWER, with_correction(planned, found)))
    assert again is None or again.value != "python-multipart"
