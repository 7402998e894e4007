"""A file that nobody fetched is named where the app fails for it."""

import pytest

from okamochi.errors import UnhealthyError
from okamochi.workflows.mending.left_behind import tell_left_behind
from tests.detect.plans import FLASK_APP, planned


@pytest.mark.parametrize(("name", "told"), [("./model/model.pkl", True), ("./model/other.pkl", False)])
def test_the_hint_says_who_keeps_the_missing_file(name: str, told: bool) -> None:
    plan = planned({"app.py": FLASK_APP, "model/model.pkl.dvc": "outs: []\n"})
    message = f"the app raises FileNotFoundError: [Errno 2] No such file or directory: '{name}'"
    failure = UnhealthyError(message, where="", hint="see the log")
    tell_left_behind(failure, plan)
    assert ("dvc pull" in failure.hint) is told
