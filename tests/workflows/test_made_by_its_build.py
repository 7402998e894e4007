"""A module that the package's own build writes is told as that where it is missed."""

from types import SimpleNamespace
from typing import cast

import pytest

from okamochi.run.proof.answer import Outcome, Verdict
from okamochi.system.project_files import MemoryProject
from okamochi.workflows.mending.failed import Failed
from okamochi.workflows.mending.hints.files.made_by_its_build import hint
from okamochi.workflows.plan import PlannedProject

SCM = '[tool.setuptools_scm]\nwrite_to = "src/shop/_version.py"\n'
HATCH = '[tool.hatch.build.hooks.vcs]\nversion-file = "src/shop/_version.py"\n'


def told(module: str, text: str) -> str:
    plan = SimpleNamespace(application=SimpleNamespace(import_root="src"))
    planned = SimpleNamespace(plan=plan, project=MemoryProject({"pyproject.toml": text}))
    verdict = Verdict(outcome=Outcome.MISSING_MODULE, subject=module)
    return hint(Failed(verdict, None, cast(PlannedProject, planned)))


@pytest.mark.parametrize(
    ("table", "key"),
    [(SCM, "tool.setuptools_scm.write_to"), (HATCH, "tool.hatch.build.hooks.vcs.version-file")],
)
def test_the_hint_names_the_table_that_says_so(table: str, key: str) -> None:
    said = told("shop._version", table)
    assert said.startswith(
        f"src/shop/_version.py is written when the package is built (pyproject.toml: {key})"
    )
    assert 'exclude = ["!/src/shop/_version.py"]' in said


@pytest.mark.parametrize(("module", "table"), [("shop.other", SCM), ("shop._version", "no [")])
def test_of_other_modules_it_says_nothing(module: str, table: str) -> None:
    assert told(module, table) == ""
