"""The app imports what newer Pythons left out."""

from pathlib import Path

import pytest

from okamochi.model.correction import Correction, CorrectionKind
from okamochi.run.proof.answer import Answer, Outcome, Verdict, verdict_of
from okamochi.run.traces import Cause
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.mending.corrections import correction_for
from okamochi.workflows.mending.failed import Failed
from okamochi.workflows.mending.kept_corrections import with_correction
from okamochi.workflows.plan import PlannedProject, plan_project
from tests.bad_projects.conftest import FLASK_APP


@pytest.fixture
def planned(tmp_path: Path) -> PlannedProject:
    return project(tmp_path, ">=3.9")


def project(folder: Path, requires: str) -> PlannedProject:
    (folder / "app.py").write_text(FLASK_APP)
    (folder / "pyproject.toml").write_text(
        f'[project]\nname = "shop"\nversion = "1"\ndependencies = ["flask"]\nrequires-python = "{requires}"\n'
    )
    return plan_project(folder, World.real({}, SilentReporter(), cache_root=folder / "cache"))


def found(module: str, planned: PlannedProject) -> Correction | None:
    cause = Cause("it cannot be imported", "mend it", "/app/app.py:3")
    verdict = Verdict(outcome=Outcome.MISSING_MODULE, subject=module, cause=cause)
    return correction_for(Failed(verdict, None, planned))


@pytest.mark.parametrize("module", ["imp", "cgi", "distutils.util"])
def test_the_best_python_that_has_it_is_taken_with_the_reason(module: str, planned: PlannedProject) -> None:
    correction = found(module, planned)
    assert correction is not None and correction.kind is CorrectionKind.PYTHON
    assert correction.value == "3.11"
    assert module in correction.reason and "/app/app.py:3" in correction.reason
    plan = with_correction(planned, correction).plan
    assert (plan.python_version, plan.base.suite) == ("3.11", "bookworm")
    assert "3.13" not in plan.python_alternatives


def test_a_stand_in_that_is_missing_as_well_leads_to_the_python_that_needs_none(
    planned: PlannedProject,
) -> None:
    text = (
        "Traceback (most recent call last):\n    import audioop\n"
        "ModuleNotFoundError: No module named 'audioop'\n\n"
        "During handling of the above exception, another exception occurred:\n\n"
        "ModuleNotFoundError: No module named 'pyaudioop'\n"
    )
    answer = Answer(
        outcome="failed", error="ModuleNotFoundError", message="No module named 'pyaudioop'",
        name="pyaudioop", text=text,
    )  # fmt: skip
    correction = correction_for(Failed(verdict_of(answer), answer, planned))
    assert correction is not None and (correction.kind, correction.value) == (CorrectionKind.PYTHON, "3.11")
    assert "could not import audioop" in correction.reason


def test_no_package_of_that_name_is_installed_in_its_place(tmp_path: Path) -> None:
    assert found("cgi", project(tmp_path, ">=3.13")) is None


def test_a_python_that_has_it_and_fails_all_the_same_is_not_exchanged(planned: PlannedProject) -> None:
    correction = found("cgi", planned)
    assert correction is not None
    assert found("cgi", with_correction(planned, correction)) is None


def test_any_other_module_is_a_requirement_as_before(planned: PlannedProject) -> None:
    correction = found("yaml", planned)
    assert correction is not None and correction.kind is CorrectionKind.REQUIREMENT


@pytest.mark.parametrize(
    ("message", "version"),
    [
        (
            "cannot import name 'Mapping' from 'collections' (/usr/lib/python3.13/collections/__init__.py)",
            "3.9",
        ),
        ("module 'collections' has no attribute 'MutableMapping'", "3.9"),
        ("module 'pkgutil' has no attribute 'ImpImporter'. Did you mean: 'zipimporter'?", "3.11"),
        ("module 'inspect' has no attribute 'getargspec'", "3.9"),
    ],
)
@pytest.mark.parametrize("outcome", [Outcome.LIBRARY, Outcome.FAILED])
def test_names_that_the_standard_library_lost_lead_to_the_python_that_has_them(
    message: str, version: str, outcome: Outcome, planned: PlannedProject
) -> None:
    answer = Answer(outcome="failed", error="ImportError", message=message)
    correction = correction_for(Failed(Verdict(outcome=outcome, subject="lib"), answer, planned))
    assert correction is not None and (correction.kind, correction.value) == (CorrectionKind.PYTHON, version)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ("TypeError", "duplicate base class TimeoutError"),
        (
            "ValueError",
            "mutable default <class 'hydra.conf.JobConf'> for field job is not allowed: use default_factory",
        ),
    ],
)
def test_what_a_python_began_to_refuse_leads_to_one_before_it(
    error: str, message: str, planned: PlannedProject
) -> None:
    answer = Answer(outcome="failed", error=error, message=message)
    correction = correction_for(Failed(Verdict(outcome=Outcome.FAILED), answer, planned))
    assert correction is not None and (correction.kind, correction.value) == (CorrectionKind.PYTHON, "3.9")
    assert message in correction.reason and "before 3.11" in correction.reason


@pytest.mark.parametrize("name", ["six.moves", "kafka.vendor.six.moves", "six.moves.urllib"])
def test_an_old_six_gets_a_python_whose_imports_it_knows(name: str, planned: PlannedProject) -> None:
    message = f"No module named '{name}'"
    answer = Answer(outcome="failed", error="ModuleNotFoundError", message=message)
    verdict = Verdict(outcome=Outcome.MISSING_MODULE, subject=name)
    correction = correction_for(Failed(verdict, answer, planned))
    assert correction is not None and (correction.kind, correction.value) == (CorrectionKind.PYTHON, "3.11")


def test_a_package_that_refuses_what_classes_have_since_a_python_gets_one_before_it(
    planned: PlannedProject,
) -> None:
    message = (
        "Class <class 'a.B'> directly inherits TypingOnly but has additional attributes {'__firstlineno__'}."
    )
    answer = Answer(outcome="failed", error="AssertionError", message=message)
    correction = correction_for(
        Failed(Verdict(outcome=Outcome.LIBRARY, subject="sqlalchemy"), answer, planned)
    )
    assert correction is not None and (correction.kind, correction.value) == (CorrectionKind.PYTHON, "3.11")
    answer = Answer(outcome="failed", error="AssertionError", message="it has additional attributes {'x'}.")
    assert correction_for(Failed(Verdict(outcome=Outcome.FAILED), answer, planned)) is None


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ("TypeError", "duplicate base class Base"),
        ("ValueError", "mutable default <class 'list'> for field names is not allowed: use default_factory"),
    ],
)
def test_what_every_python_refuses_changes_no_python(
    error: str, message: str, planned: PlannedProject
) -> None:
    answer = Answer(outcome="failed", error=error, message=message)
    assert correction_for(Failed(Verdict(outcome=Outcome.FAILED), answer, planned)) is None


@pytest.mark.parametrize(
    "message",
    [
        "cannot import name 'Mapping' from 'collections' (/opt/venv/site-packages/collections.py)",
        "module 'inspect' has no attribute 'nothing'",
        "something else",
    ],
)
def test_what_no_python_had_changes_no_python(message: str, planned: PlannedProject) -> None:
    answer = Answer(outcome="failed", error="ImportError", message=message)
    assert correction_for(Failed(Verdict(outcome=Outcome.FAILED), answer, planned)) is None


def unread(planned: PlannedProject) -> Correction | None:
    cause = Cause("SyntaxError: invalid syntax", "correct that line", "/app/page.py:2")
    return correction_for(Failed(Verdict(outcome=Outcome.UNREADABLE, cause=cause), None, planned))


def test_the_next_newer_python_is_taken_for_statements_that_came_with_one(planned: PlannedProject) -> None:
    (planned.root / "page.py").write_text('name = "x"\npage = t"hello {name}"\n')
    correction = unread(planned)
    assert correction is not None and (correction.kind, correction.value) == (CorrectionKind.PYTHON, "3.14")
    assert "cannot read /app/page.py:2" in correction.reason
    assert unread(with_correction(planned, correction)) is None


def test_what_no_python_reads_is_not_tried_with_another(planned: PlannedProject) -> None:
    (planned.root / "page.py").write_text("x = 1\npage = = 2\n")
    assert unread(planned) is None


def test_code_of_the_app_that_cannot_be_read_is_no_matter_of_variables_or_services() -> None:
    text = '  File "/app/page.py", line 2\n    page = t"x"\n            ^\nSyntaxError: invalid syntax\n'
    answer = Answer(outcome="failed", error="SyntaxError", message="invalid syntax", text=text)
    verdict = verdict_of(answer, made_up=("SECRET_KEY",))
    assert verdict.outcome is Outcome.UNREADABLE
    assert verdict.cause is not None and verdict.cause.where == "/app/page.py:2"


BROKEN_EXTENSION = """\
Traceback (most recent call last):
  File "/app/app.py", line 1, in <module>
    import psycopg2
  File "/opt/venv/lib/python3.11/site-packages/psycopg2/__init__.py", line 51, in <module>
    from psycopg2._psycopg import (
{}
"""


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ("SystemError", "initialization of _psycopg raised unreported exception"),
        ("ImportError", "/opt/venv/x/_psycopg.so: undefined symbol: _PyGen_Send"),
    ],
)
def test_compiled_code_that_is_older_than_the_python_gets_the_next_older_one(
    error: str, message: str, planned: PlannedProject
) -> None:
    text = BROKEN_EXTENSION.format(f"{error}: {message}")
    answer = Answer(outcome="failed", error=error, message=message, text=text)
    correction = correction_for(Failed(verdict_of(answer), answer, planned))
    assert correction is not None and (correction.kind, correction.value) == (CorrectionKind.PYTHON, "3.11")
    assert "psycopg2" in correction.reason and message in correction.reason


def test_another_symbol_that_is_missing_is_no_matter_of_the_python(planned: PlannedProject) -> None:
    message = "/opt/venv/x/_psycopg.so: undefined symbol: PQfinish"
    text = BROKEN_EXTENSION.format(f"ImportError: {message}")
    answer = Answer(outcome="failed", error="ImportError", message=message, text=text)
    correction = correction_for(Failed(verdict_of(answer), answer, planned))
    assert correction is None or correction.kind is not CorrectionKind.PYTHON
