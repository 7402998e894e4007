"""The app's annotations name what only type checkers import."""

from pathlib import Path

import pytest

from okamochi.model.correction import Correction
from okamochi.run.proof.answer import Answer, verdict_of
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.mending.corrections import correction_for
from okamochi.workflows.mending.failed import Failed
from okamochi.workflows.mending.kept_corrections import with_correction
from okamochi.workflows.plan import PlannedProject, plan_project
from tests.bad_projects.conftest import FLASK_APP

CHECKED = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from shop import Basket\n"
TRACE = (
    'Traceback (most recent call last):\n  File "/app/pages.py", line 4, in <module>\n'
    "    def page(basket: Basket) -> str: ...\nNameError: name 'Basket' is not defined\n"
)
ANSWER = Answer(outcome="failed", error="NameError", message="name 'Basket' is not defined", text=TRACE)


def planned(folder: Path, requires: str = ">=3.12") -> PlannedProject:
    (folder / "app.py").write_text(FLASK_APP)
    (folder / "pyproject.toml").write_text(
        f'[project]\nname = "shop"\nversion = "1"\ndependencies = ["flask"]\nrequires-python = "{requires}"\n'
    )
    return plan_project(folder, World.real({}, SilentReporter(), cache_root=folder / "cache"))


def found(project: PlannedProject, source: str) -> Correction | None:
    (project.root / "pages.py").write_text(source)
    # the value of a variable that is made up does not make it uncertain
    return correction_for(Failed(verdict_of(ANSWER, made_up=("page",)), ANSWER, project))


def test_the_python_that_leaves_annotations_alone_is_taken(tmp_path: Path) -> None:
    project = planned(tmp_path)
    correction = found(project, f"{CHECKED}def page(basket: Basket) -> str: ...\n")
    assert correction is not None and correction.value == "3.14"
    assert "/app/pages.py:4 names Basket in an annotation" in correction.reason
    plan = with_correction(project, correction).plan
    assert plan.python_version == "3.14"
    assert correction_for(Failed(verdict_of(ANSWER), ANSWER, with_correction(project, correction))) is None


@pytest.mark.parametrize(
    "source",
    ["x = 1\n\nclass Basket:\n    def own(self) -> Basket: ...\n", "\n\n\nx: Basket\nclass Basket: ...\n"],
)
def test_a_name_that_is_defined_only_later_counts_as_well(tmp_path: Path, source: str) -> None:
    correction = found(planned(tmp_path), source)
    assert correction is not None and "defines it only later" in correction.reason


@pytest.mark.parametrize(
    "source",
    [
        "def page(basket: Basket) -> str: ...\n",
        "class Basket: ...\n\n\ndel Basket; x: Basket = 1\n",
        "from __future__ import annotations\n\n\nx: Basket\nclass Basket: ...\n",
        "\n\n\nBasket()\nclass Basket: ...\n",
        f"{CHECKED}page = Basket()\n",
        f"from __future__ import annotations\n{CHECKED}def page(basket: Basket) -> str: ...\n",
        f"{CHECKED}def page(basket: Basket = = 1): ...\n",
    ],
)
def test_a_name_that_no_python_would_find_is_the_apps_own_fault(tmp_path: Path, source: str) -> None:
    assert found(planned(tmp_path), source) is None


def test_a_project_that_admits_no_such_python_keeps_its_own(tmp_path: Path) -> None:
    project = planned(tmp_path, ">=3.12,<3.14")
    assert found(project, f"{CHECKED}def page(basket: Basket) -> str: ...\n") is None
