"""A module that a pattern keeps out of the image is named with that pattern where the proof misses it."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from okamochi.run.proof.answer import Outcome, Verdict
from okamochi.run.traces import Cause
from okamochi.system.project_files import MemoryProject
from okamochi.workflows.mending.failed import Failed
from okamochi.workflows.mending.hints.files.kept_out import hint
from okamochi.workflows.plan import PlannedProject
from tests.detect.plans import FLASK_APP, planned

FILES = {
    "app.py": FLASK_APP,
    "config.py": "",
    "shop/prices.py": "",
    "shop/.gitignore": "prices.py\n",
    "parts/one.py": "",
    "rest.py": "",
    ".gitignore": "# private\nconfig.py\nparts/\nshop/keys.py\nloc*.py\n",
}


def told(module: str) -> str:
    return told_for(Verdict(outcome=Outcome.MISSING_MODULE, subject=module))


def told_for(verdict: Verdict) -> str:
    project = SimpleNamespace(root=Path("/app"), project=MemoryProject(FILES), plan=planned(FILES))
    return hint(Failed(verdict, None, cast(PlannedProject, project)))


@pytest.mark.parametrize(
    ("module", "path", "line"),
    [
        ("config", "config.py", ".gitignore:2 (config.py)"),
        ("parts", "parts/", ".gitignore:3 (parts/)"),
        ("shop.prices", "shop/prices.py", "shop/.gitignore:1 (prices.py)"),
    ],
)
def test_the_pattern_that_keeps_a_module_out_is_named(module: str, path: str, line: str) -> None:
    assert told(module).startswith(f"{path} is there, but {line} keeps it out")
    assert f'exclude = ["!/{path}"]' in told(module)


def test_a_module_that_gitignore_left_with_its_author_is_told_so() -> None:
    assert told("shop.keys").startswith(
        "shop/keys.py is not in this folder, since .gitignore:4 (shop/keys.py)"
    )


@pytest.mark.parametrize("module", ["rest", "requests", "shop", "local", "shop.other"])
def test_of_what_is_in_the_image_or_nowhere_nothing_is_told(module: str) -> None:
    assert told(module) == ""


def test_a_part_of_an_own_package_that_a_start_misses_is_told_so_too() -> None:
    error = "an import fails: cannot import name 'prices' from 'shop' (/app/shop/__init__.py)"
    found = told_for(Verdict(outcome=Outcome.FAILED, cause=Cause(error, "see the log")))
    assert found.startswith("shop/prices.py is there, but shop/.gitignore:1 (prices.py) keeps it out")
    of_a_folder = Cause(error.replace("/app/shop/__init__.py", "unknown location"), "see the log")
    assert told_for(Verdict(outcome=Outcome.FAILED, cause=of_a_folder)) == found
    of_a_library = Cause(error.replace("/app/", "/opt/venv/lib/"), "see the log")
    assert told_for(Verdict(outcome=Outcome.FAILED, cause=of_a_library)) == ""
