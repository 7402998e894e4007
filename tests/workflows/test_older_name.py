"""A name that a library lacks: built with the version that has it, or with none."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from okamochi.model.correction import Correction, CorrectionKind
from okamochi.oci.platform import LINUX_AMD64
from okamochi.pypi import older_words
from okamochi.run.proof.answer import Answer
from okamochi.system.project_files import MemoryProject
from okamochi.workflows.mending.older_name import only_where_it_helps
from okamochi.workflows.plan import PlannedProject
from tests.detect.plans import planned
from tests.pypi.wheel_making import local_environ, make_world

SOURCE = "from flask import Flask\napp = Flask(__name__)\n@app.before_first_request\ndef start(): ...\n"
LACKED = "'Flask' object has no attribute 'before_first_request'"
TRACE = f"""Traceback (most recent call last):
  File "/app/app.py", line 3, in <module>
    @app.before_first_request
AttributeError: {LACKED}
"""
BOUND = Correction(kind=CorrectionKind.REQUIREMENT, value="flask<3", reason="it lacks it")
DAY = Correction(
    kind=CorrectionKind.EXCLUDE_NEWER,
    value="2021-01-01T00:00:00Z",
    reason="with today's packages it fails; the last commit is of 2021-01-01",
)


def helped(
    found: Correction,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    bound: str | None = "2.3",
    on_that_day: bool = False,
    message: str = LACKED,
) -> Correction | None:
    def looked_up(*_: object, **__: object) -> str:
        if bound is None:
            raise older_words.NowhereError
        return bound

    monkeypatch.setattr(older_words, "bound_with_word", looked_up)
    monkeypatch.setattr(older_words, "day_has_word", lambda *_, **__: on_that_day)
    files = {"app.py": SOURCE, "requirements.txt": "flask\n"}
    project = SimpleNamespace(
        project=MemoryProject(files), plan=planned(files), root=tmp_path, corrections=()
    )
    answer = Answer(outcome="failed", error="AttributeError", message=message, text=TRACE)
    world = make_world(tmp_path, local_environ(tmp_path))
    return only_where_it_helps(
        world, found, answer, cast(PlannedProject, project), LINUX_AMD64, {"flask": "3.1"}
    )


def test_the_version_that_has_the_name_is_taken_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = helped(BOUND, tmp_path, monkeypatch)
    assert found is not None and (found.value, found.reason) == ("flask<2.3", "it lacks it")


def test_where_no_version_has_it_nothing_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert helped(BOUND, tmp_path, monkeypatch, bound=None) is None
    assert helped(DAY, tmp_path, monkeypatch, bound=None) is None


def test_the_index_of_a_day_is_taken_where_the_library_of_that_day_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert helped(DAY, tmp_path, monkeypatch, on_that_day=True) == DAY
    found = helped(DAY, tmp_path, monkeypatch)
    assert found is not None
    assert (found.kind, found.value) == (CorrectionKind.REQUIREMENT, "flask<2.3")
    assert "last commit" not in found.reason


def test_where_nothing_can_be_looked_up_or_it_is_about_something_else_all_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert helped(BOUND, tmp_path, monkeypatch, bound="") == BOUND
    other = Correction(kind=CorrectionKind.REQUIREMENT, value="requests", reason="x")
    assert helped(other, tmp_path, monkeypatch, bound=None) == other
    assert (
        helped(BOUND, tmp_path, monkeypatch, bound=None, message="'Own' object has no attribute 'x'") == BOUND
    )
