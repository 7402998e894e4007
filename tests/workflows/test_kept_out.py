"""A module that a pattern keeps out of the image is named with that pattern where the proof misses it."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from okamochi.errors import UnhealthyError
from okamochi.system.project_files import MemoryProject
from okamochi.workflows.mending.kept_out import tell_kept_out, told_to_be_kept_out
from okamochi.workflows.plan import PlannedProject
from tests.detect.plans import FLASK_APP, planned

FILES = {
    "app.py": FLASK_APP,
    "config.py": "",
    "shop/prices.py": "",
    "shop/.gitignore": "prices.py\n",
    "parts/one.py": "",
    "rest.py": "",
    ".gitignore": "# private\nconfig.py\nparts/\n",
}


def told(module: str) -> str:
    project = SimpleNamespace(root=Path("/app"), project=MemoryProject(FILES), plan=planned(FILES))
    return told_to_be_kept_out(module, cast(PlannedProject, project))


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


@pytest.mark.parametrize("module", ["rest", "requests", "shop"])
def test_of_what_is_in_the_image_or_nowhere_nothing_is_told(module: str) -> None:
    assert told(module) == ""


def test_a_part_of_an_own_package_that_a_start_misses_is_told_so_too() -> None:
    project = SimpleNamespace(root=Path("/app"), project=MemoryProject(FILES), plan=planned(FILES))
    error = "cannot import name 'prices' from 'shop' (/app/shop/__init__.py)"
    failure = UnhealthyError(f"an import fails: {error}", where="", hint="see the log")
    tell_kept_out(failure, cast(PlannedProject, project))
    assert failure.hint.startswith("shop/prices.py is there, but shop/.gitignore:1 (prices.py) keeps it out")
    of_a_library = UnhealthyError(error.replace("/app/", "/opt/venv/lib/"), where="", hint="see the log")
    tell_kept_out(of_a_library, cast(PlannedProject, project))
    assert of_a_library.hint == "see the log"
