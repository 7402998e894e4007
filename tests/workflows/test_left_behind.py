"""A file that nobody fetched is named where the app fails for it."""

from types import SimpleNamespace
from typing import cast

import pytest

from okamochi.run.proof.answer import Outcome, Verdict
from okamochi.run.traces import Cause
from okamochi.system.project_files import MemoryProject
from okamochi.workflows.mending.failed import Failed
from okamochi.workflows.mending.hints.files import template_elsewhere
from okamochi.workflows.mending.hints.files.left_behind import hint
from okamochi.workflows.plan import PlannedProject
from tests.detect.plans import FLASK_APP, planned


@pytest.mark.parametrize(("name", "told"), [("./model/model.pkl", True), ("./model/other.pkl", False)])
def test_the_hint_says_who_keeps_the_missing_file(name: str, told: bool) -> None:
    plan = planned({"app.py": FLASK_APP, "model/model.pkl.dvc": "outs: []\n"})
    message = f"the app raises FileNotFoundError: [Errno 2] No such file or directory: '{name}'"
    verdict = Verdict(outcome=Outcome.FAILED, cause=Cause(message, "see the log"))
    found = hint(Failed(verdict, None, cast(PlannedProject, SimpleNamespace(plan=plan))))
    assert ("dvc pull" in found) is told


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (("index.html",), "index.html is there"),
        (("Templates/index.html",), "Templates/index.html is there"),
        (("templates/index.html",), ""),
        (("a/index.html", "b/index.html"), ""),
        (("home.html",), ""),
    ],
)
def test_the_hint_says_where_the_missing_template_is(files: tuple[str, ...], told: str) -> None:
    project = MemoryProject({"app.py": FLASK_APP, **dict.fromkeys(files, "")})
    cause = Cause("the template index.html is not found", "see the log")
    verdict = Verdict(outcome=Outcome.FAILED, cause=cause)
    found = template_elsewhere.hint(
        Failed(verdict, None, cast(PlannedProject, SimpleNamespace(project=project)))
    )
    assert found.startswith(told) and bool(found) is bool(told)
