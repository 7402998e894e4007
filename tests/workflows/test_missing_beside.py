"""What a file imports besides the module that the proof missed is added with it."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

from okamochi.model.correction import Correction, CorrectionKind
from okamochi.run.proof.answer import Outcome, Verdict
from okamochi.run.traces import Cause
from okamochi.system.project_files import MemoryProject
from okamochi.workflows.mending.missing_beside import missing_beside
from okamochi.workflows.plan import PlannedProject

APP = """\
import flask_cors
import flask_login
import os
import yaml, stranger
from flask_sqlalchemy import SQLAlchemy
from flask_own import mine
from . import views
try:
    import flask_debugtoolbar
except ImportError:
    pass
"""


def missing(
    where: str,
    *refused: str,
    meant: tuple[str, ...] = ("flask_cors", "flask_sqlalchemy"),
    installed: tuple[str, ...] = ("pyyaml",),
) -> list[str]:
    first = Correction(kind=CorrectionKind.REQUIREMENT, value="flask-login", reason="missed")
    planned = SimpleNamespace(
        root=Path("/home/me/shop"),
        project=MemoryProject({"app.py": APP, "flask_own.py": ""}),
        plan=SimpleNamespace(application=SimpleNamespace(import_root="", package="")),
        corrections=(first,),
    )
    verdict = Verdict(outcome=Outcome.MISSING_MODULE, subject="flask_login", cause=Cause("", "", where))
    no = [("requirement", one) for one in refused]
    versions = dict.fromkeys(installed, "6.0")
    found = missing_beside(
        verdict, cast(PlannedProject, planned), versions, no, lambda module, _: module in meant
    )
    return [one.value for one in found]


def test_what_is_imported_below_the_failing_line_is_added_when_it_is_known_whose_it_is() -> None:
    assert missing("/app/app.py:2") == ["flask-sqlalchemy"]
    assert missing("/app/app.py:0") == ["flask-cors", "flask-sqlalchemy"]


def test_what_there_is_no_evidence_for_is_not_added() -> None:
    assert missing("/app/app.py:0", meant=("flask_cors",)) == ["flask-cors"]


def test_what_a_fork_of_another_name_brings_is_not_added() -> None:
    assert missing("/app/app.py:0", installed=("flask-cors-too", "pyyaml")) == ["flask-sqlalchemy"]


def test_what_is_refused_or_fails_outside_of_the_app_is_not_added() -> None:
    assert missing("/app/app.py:2", "flask-sqlalchemy") == []
    assert missing("/opt/venv/lib/python3.13/site-packages/x.py:2") == []
    assert missing("") == []
