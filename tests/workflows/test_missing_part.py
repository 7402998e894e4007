"""A module of an installed package that the installed version does not have."""

import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from okamochi.model.correction import Correction, CorrectionKind
from okamochi.run.diagnose import diagnose
from okamochi.run.proof.answer import Answer, verdict_of
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.mending.corrections import correction_for
from okamochi.workflows.mending.failed import Failed
from okamochi.workflows.mending.kept_corrections import with_correction
from okamochi.workflows.plan import PlannedProject, plan_project
from tests.bad_projects.conftest import FLASK_APP

TRACE = """\
Traceback (most recent call last):
  File "/app/app.py", line 6, in <module>
    model = pickle.load(open('model.pkl', 'rb'))
ModuleNotFoundError: No module named 'sklearn.linear_model.base'
"""
INSTALLED = {"scikit-learn": "1.7.2", "flask": "3.1.3"}


def project(folder: Path, *, day: str = "") -> PlannedProject:
    (folder / "app.py").write_text(FLASK_APP)
    (folder / "requirements.txt").write_text("flask\nscikit-learn\n")
    if day:
        who = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
        environ = {"PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": str(folder)}
        environ |= {"GIT_COMMITTER_DATE": f"{day}T00:00:00Z", "GIT_CONFIG_GLOBAL": "/dev/null"}
        for words in (("init", "-q"), ("commit", "-q", "--allow-empty", "-m", "one")):
            subprocess.run(("git", *who, *words), cwd=folder, env=environ, check=True)
    return plan_project(folder, World.real({}, SilentReporter(), cache_root=folder / "cache"))


def found(planned: PlannedProject, installed: dict[str, str] = INSTALLED) -> Correction | None:
    answer = Answer(
        outcome="failed",
        error="ModuleNotFoundError",
        message="No module named 'sklearn.linear_model.base'",
        name="sklearn.linear_model.base",
        text=TRACE,
    )
    return correction_for(Failed(verdict_of(answer), answer, planned, installed=installed))


def test_what_is_installed_already_is_not_asked_for_once_more(tmp_path: Path) -> None:
    correction = found(project(tmp_path))
    assert correction is not None
    assert (correction.kind, correction.value) == (CorrectionKind.REQUIREMENT, "scikit-learn<1")


@pytest.mark.needs("git")
def test_the_packages_of_the_last_commits_day_are_tried_first(tmp_path: Path) -> None:
    planned = project(tmp_path, day="2024-05-01")
    correction = found(planned)
    assert correction is not None and correction.kind is CorrectionKind.EXCLUDE_NEWER
    after = found(with_correction(planned, correction))
    assert after is not None and after.value == "scikit-learn<1"


@pytest.mark.needs("git")
def test_a_day_before_any_offered_python_is_not(tmp_path: Path) -> None:
    correction = found(project(tmp_path, day="2019-06-16"))
    assert correction is not None and correction.value == "scikit-learn<1"


def test_with_nothing_left_to_try_there_is_no_correction(tmp_path: Path) -> None:
    assert found(project(tmp_path), {"scikit-learn": "0.24.2"}) is None


def test_a_package_that_is_not_installed_is_a_requirement(tmp_path: Path) -> None:
    correction = found(project(tmp_path), {})
    assert correction is not None and correction.value == "scikit-learn"


def test_the_cause_says_that_the_package_is_there_and_what_a_pickle_has_to_do_with_it() -> None:
    cause = diagnose(TRACE)
    assert cause is not None
    assert "sklearn.linear_model is there, but has no such part" in cause.text
    assert "pickled file" in cause.hint and "bound sklearn" in cause.hint
    plain = diagnose(TRACE.replace("model = pickle.load(open('model.pkl', 'rb'))", "import sklearn"))
    assert plain is not None and "pickled" not in plain.hint and "If sklearn was installed" in plain.hint


@pytest.mark.needs("git")
@pytest.mark.parametrize(
    ("message", "tried"), [("Apps aren't loaded yet.", False), ("Apps are not what they were.", True)]
)
def test_other_packages_are_not_tried_where_the_app_imports_models_too_early(
    message: str, tried: bool, tmp_path: Path
) -> None:
    place = "/opt/venv/lib/python3.13/site-packages/django/apps/registry.py"
    text = (
        f'Traceback (most recent call last):\n  File "{place}", line 136, in <module>\n    raise\n'
        f"django.core.exceptions.AppRegistryNotReady: {message}\n"
    )
    answer = Answer(outcome="failed", error="AppRegistryNotReady", message=message, text=text)
    verdict = verdict_of(answer)
    assert verdict.subject == "django"
    assert (correction_for(Failed(verdict, answer, project(tmp_path, day="2024-05-01"))) is not None) is tried


@pytest.mark.parametrize("words", ["BaseSettings, validator", "(\n        BaseSettings,\n        validator)"])
def test_a_package_that_answers_for_a_name_that_it_left_out_is_taken_older(
    words: str, tmp_path: Path
) -> None:
    place = "/opt/venv/lib/python3.13/site-packages/pydantic"
    text = (
        'Traceback (most recent call last):\n  File "/app/app.py", line 1, in <module>\n'
        f"    from pydantic import {words}\n"
        f'  File "{place}/__init__.py", line 442, in __getattr__\n    return _getattr_migration(attr_name)\n'
        f'  File "{place}/_migration.py", line 305, in wrapper\n    raise PydanticImportError(\n'
        "pydantic.errors.PydanticImportError: `BaseSettings` has been moved\n"
    )
    answer = Answer(
        outcome="failed", error="PydanticImportError", message="`BaseSettings` has ...", text=text
    )
    planned = project(tmp_path)

    def tried(said: Answer) -> Correction | None:
        return correction_for(Failed(verdict_of(said), said, planned, installed={"pydantic": "2.14.1"}))

    correction = tried(answer)
    assert correction is not None
    assert (correction.kind, correction.value) == (CorrectionKind.REQUIREMENT, "pydantic<2")
    cause = diagnose(text)
    assert cause is not None and cause.text.endswith("PydanticImportError: `BaseSettings` has been moved")
    assert "bound pydantic in the requirements" in cause.hint
    assert tried(replace(answer, text=text.replace("__getattr__", "validate"))) is None
