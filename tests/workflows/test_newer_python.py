"""Code that only a newer Python reads, in an app that something else keeps on an older one."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from okamochi.model.correction import Correction, CorrectionKind
from okamochi.run.proof.answer import Outcome, Verdict
from okamochi.run.traces import Cause
from okamochi.system.project_files import DiskProject
from okamochi.workflows.mending.corrections import correction_for
from okamochi.workflows.mending.failed import Failed
from okamochi.workflows.mending.hints.python.newer import hint
from okamochi.workflows.plan import PlannedProject
from tests.detect.plans import FLASK_APP, planned

REASON = "the proof could not import cgi (app.py:1), which Python 3.13 left out"
OLDER = Correction(kind=CorrectionKind.PYTHON, value="3.11", reason=REASON)
NEWER = 'name = "x"\ntext = f"hello {\n    name}"\n'


@pytest.mark.parametrize(
    ("source", "corrections", "told"),
    [
        (NEWER, (OLDER,), True),
        ('text = "hello\n', (OLDER,), False),
        (NEWER, (), False),
    ],
)
def test_the_hint_names_both_that_ask_for_different_pythons(
    tmp_path: Path, source: str, corrections: tuple[Correction, ...], told: bool
) -> None:
    (tmp_path / "told.py").write_text(source)
    project = DiskProject.open(tmp_path)
    app = PlannedProject(planned({"app.py": FLASK_APP}), project, tmp_path, corrections=corrections)
    verdict = Verdict(
        outcome=Outcome.UNREADABLE, cause=Cause("SyntaxError: x", "correct that line", "/app/told.py:2")
    )
    assert (REASON in hint(Failed(verdict, None, app))) is told


def test_formatted_strings_of_a_newer_python_ask_for_one_unless_it_was_left_before(tmp_path: Path) -> None:
    (tmp_path / "told.py").write_text(NEWER)
    plan = replace(planned({"app.py": FLASK_APP}), python_version="3.11", python_alternatives=("3.9", "3.13"))
    app = PlannedProject(plan, DiskProject.open(tmp_path), tmp_path)
    verdict = Verdict(outcome=Outcome.UNREADABLE, cause=Cause("SyntaxError: x", "", "/app/told.py:2"))
    found = correction_for(Failed(verdict, None, app))
    assert found is not None and found.value == "3.13"
    left = PlannedProject(plan, app.project, tmp_path, corrections=(OLDER,))
    assert correction_for(Failed(verdict, None, left)) is None
