"""What today's packages refuse is tried with those of the day of the last commit."""

import dataclasses
from pathlib import Path

import pytest
from msgspec.structs import replace

from okamochi.model.correction import Correction, CorrectionKind
from okamochi.model.plan import LocalPackage
from okamochi.run.proof.answer import Answer, Outcome, Verdict, verdict_of
from okamochi.run.traces import Cause
from okamochi.workflows.mending.corrections import correction_for
from okamochi.workflows.mending.failed import Failed
from okamochi.workflows.mending.kept_corrections import with_correction
from okamochi.workflows.plan import PlannedProject
from okamochi.workflows.proving.prove_entry import Proof
from okamochi.workflows.proving.rounds import why_not_kept
from tests.workflows.test_missing_part import project

# its page leaves its own frames out
TEXT = 'File "/app/app.py", line 3, in <module>\n    st.dataframe(rows, width=None)'
CANNOT = "Can't instantiate abstract class"
DAY = Correction(kind=CorrectionKind.EXCLUDE_NEWER, value="2024-05-01T00:00:00Z", reason="of that day")


def refused(error: str) -> Answer:
    return Answer(outcome="failed", error=error, message="Invalid width value: None.", text=TEXT)


@pytest.mark.needs("git")
@pytest.mark.parametrize(
    ("error", "day", "tried"),
    [
        ("streamlit.errors.StreamlitInvalidWidthError", "2024-05-01", "2024-05-01T00:00:00Z"),
        ("streamlit.errors.StreamlitInvalidWidthError", "2019-05-01", ""),
        ("streamlit.errors.StreamlitSecretNotFoundError", "2024-05-01", ""),
        ("ValueError", "2024-05-01", ""),
    ],
)
def test_what_streamlit_refuses_is_tried_with_the_packages_of_the_last_commits_day(
    tmp_path: Path, error: str, day: str, tried: str
) -> None:
    answer = refused(error)
    found = correction_for(Failed(verdict_of(answer), answer, project(tmp_path, day=day)))
    assert (found.value if found is not None else "") == tried
    assert found is None or found.kind is CorrectionKind.EXCLUDE_NEWER


@pytest.mark.needs("git")
@pytest.mark.parametrize(
    ("message", "tried"),
    [
        (f"{CANNOT} Number with abstract method num_type", "2024-05-01T00:00:00Z"),
        (
            f"{CANNOT} Number without an implementation for abstract method 'num_type'",
            "2024-05-01T00:00:00Z",
        ),
        (f"{CANNOT} Shop with abstract method open", ""),
        ("unsupported operand", ""),
    ],
)
def test_a_class_of_a_library_that_became_abstract_was_none_on_the_day_of_the_last_commit(
    tmp_path: Path, message: str, tried: str
) -> None:
    (tmp_path / "own.py").write_text("class Shop(Base): ...\n")
    planned = project(tmp_path, day="2024-05-01")
    text = 'File "/app/app.py", line 3, in <module>\n    price = fields.Number()'
    answer = Answer(outcome="failed", error="TypeError", message=message, text=text)
    found = correction_for(Failed(verdict_of(answer), answer, planned))
    assert (found.value if found is not None else "") == tried


def test_the_package_whose_class_became_abstract_is_lowered_where_the_day_does_not_help(
    tmp_path: Path,
) -> None:
    (tmp_path / "book.py").write_text("from marshmallow import fields\n\nprice = fields.Number()\n")
    text = 'File "/app/book.py", line 3, in <module>\n    price = fields.Number()'
    answer = Answer(outcome="failed", error="TypeError", message=f"{CANNOT} Number with a method", text=text)
    planned = project(tmp_path)
    for installed, value in (({"marshmallow": "4.1.0"}, "marshmallow<4"), ({}, "")):
        found = correction_for(Failed(verdict_of(answer), answer, planned, installed=installed))
        assert (found.value if found is not None else "") == value


def test_an_argument_that_the_library_refuses_in_its_own_frame_lowers_it(tmp_path: Path) -> None:
    (tmp_path / "chat.py").write_text("import redis\n\nr = redis.StrictRedis(charset='utf-8')\n")
    frames = (
        "  File \"/app/chat.py\", line 3, in <module>\n    r = redis.StrictRedis(charset='utf-8')\n"
        '  File "/opt/venv/lib/python3.13/site-packages/redis/utils.py", line 2, in f\n    return f()\n'
    )
    message = "Redis.__init__() got an unexpected keyword argument 'charset'"
    text = f"Traceback (most recent call last):\n{frames}TypeError: {message}\n"
    answer = Answer(outcome="failed", error="TypeError", message=message, text=text)
    verdict = verdict_of(answer)
    assert verdict.outcome is Outcome.LIBRARY
    found = correction_for(Failed(verdict, answer, project(tmp_path), installed={"redis": "8.0.1"}))
    assert found is not None and found.value == "redis<8"


def failed(outcome: Outcome, text: str = "Invalid width") -> Proof:
    return Proof(Verdict(outcome=outcome, cause=Cause(text, "see the log")))


def test_the_packages_of_another_day_stay_only_where_they_change_something() -> None:
    before = failed(Outcome.FAILED)
    assert why_not_kept(DAY, failed(Outcome.FAILED), before) == "the app fails in the same way with it"
    assert why_not_kept(DAY, failed(Outcome.FAILED, "another error"), before) == ""
    assert why_not_kept(DAY, failed(Outcome.PROVED), before) == ""
    assert why_not_kept(DAY, failed(Outcome.FAILED), failed(Outcome.PROVED)) != ""
    package = Correction(kind=CorrectionKind.REQUIREMENT, value="lib", reason="it is missing")
    assert why_not_kept(package, failed(Outcome.FAILED), before) == ""


def lacking(planned: PlannedProject) -> Correction | None:
    text = "cannot import name 'Form' from 'flask_wtf' (/opt/venv/lib/python3.9/site-packages/flask_wtf/x.py)"
    answer = Answer(outcome="failed", error="ImportError", message=text, name="flask_wtf", text=TEXT)
    return correction_for(Failed(verdict_of(answer), answer, planned, installed={"flask-wtf": "1.3.0"}))


@pytest.mark.needs("git")
@pytest.mark.parametrize(
    ("day", "tried"),
    [("2024-05-01", ["2024-05-01T00:00:00Z"]), ("2018-01-05", ["flask-wtf<1", "flask-wtf<1.3"])],
)
def test_of_a_day_before_the_wheels_of_any_python_the_package_alone_is_lowered_first(
    tmp_path: Path, day: str, tried: list[str]
) -> None:
    planned = project(tmp_path, day=day)
    for value in tried:
        found = lacking(planned)
        assert found is not None and found.value == value
        planned = with_correction(planned, found)


@pytest.mark.needs("git")
@pytest.mark.parametrize(("own", "tried"), [(True, ""), (False, "shop<1")])
def test_the_projects_own_package_has_no_earlier_versions(tmp_path: Path, own: bool, tried: str) -> None:
    planned = project(tmp_path, day="2019-05-01")
    if own:
        local = (LocalPackage(name="shop", path="", editable=True),)
        dependencies = replace(planned.plan.dependencies, local=local)
        corrected = replace(planned.plan, dependencies=dependencies)
        planned = dataclasses.replace(planned, plan=corrected)
    message = "module 'shop.models' has no attribute 'sessions'"
    answer = Answer(outcome="failed", error="AttributeError", message=message, text=TEXT)
    installed = {"shop": "1.0.0"}
    refused_day = (("exclude-newer", "2019-05-01T00:00:00Z"),)
    found = correction_for(Failed(verdict_of(answer), answer, planned, installed, refused_day))
    assert (found.value if found is not None else "") == tried
