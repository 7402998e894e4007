"""The tests that examples/invoice brings itself, with the Python and the packages that it asks for."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from ctypes.util import find_library
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from source_python import find_source_python

PYTHON = "3.13"

pytestmark = [pytest.mark.network, pytest.mark.matrix]


def python_here() -> Path:
    """Built from source, or of PATH."""
    prefix = find_source_python(PYTHON)
    if prefix is not None:
        return prefix / f"bin/python{PYTHON}"
    found = shutil.which(f"python{PYTHON}")
    if found is None:
        pytest.skip(f"there is no Python {PYTHON} here")
    return Path(found)


def test_the_example_s_own_tests_pass(make_example: Callable[[str], Path]) -> None:
    if find_library("pango-1.0") is None:
        pytest.skip("WeasyPrint needs Pango on this machine")
    uv = Path(sys.executable).with_name("uv")
    folder = make_example("invoice")
    run = (uv, "run", "--no-project", "--isolated", "--python", python_here(), "--with-requirements")
    argv = (*run, folder / "requirements-dev.txt", "python", "-m", "pytest", "-q")
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
