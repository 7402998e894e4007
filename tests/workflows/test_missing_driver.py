"""A driver that SQLAlchemy wants and no requirement brings."""

from pathlib import Path

import pytest

from okamochi.run.proof.answer import Outcome, Verdict
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.mending.corrections import correction_for
from okamochi.workflows.mending.failed import Failed
from okamochi.workflows.plan import plan_project
from tests.bad_projects.conftest import FLASK_APP


@pytest.mark.parametrize(
    ("installed", "said"),
    [
        ({"sqlalchemy": "2.1.9", "psycopg2-binary": "2.9.13"}, "postgresql+psycopg2:// would keep"),
        ({"sqlalchemy": "2.1.9"}, "which no requirement brings"),
    ],
)
def test_the_reason_tells_of_the_driver_that_the_project_has(
    installed: dict[str, str], said: str, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text(FLASK_APP)
    (tmp_path / "requirements.txt").write_text("flask\n")
    planned = plan_project(tmp_path, World.real({}, SilentReporter(), cache_root=tmp_path / "cache"))
    verdict = Verdict(outcome=Outcome.MISSING_MODULE, subject="psycopg")
    found = correction_for(Failed(verdict, None, planned, installed=installed))
    assert found is not None and found.value == "psycopg" and said in found.reason
