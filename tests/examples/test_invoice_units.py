"""The tests that examples/invoice brings itself, with the Python and the packages that it asks for."""

import subprocess
import sys
from collections.abc import Callable
from ctypes.util import find_library
from pathlib import Path

import pytest

pytestmark = [pytest.mark.network, pytest.mark.matrix]


def test_the_example_s_own_tests_pass(make_example: Callable[[str], Path]) -> None:
    if find_library("pango-1.0") is None:
        pytest.skip("WeasyPrint needs Pango on this machine")
    uv = Path(sys.executable).with_name("uv")
    folder = make_example("invoice")
    run = (uv, "run", "--no-project", "--isolated", "--python", ">=3.13", "--with-requirements")
    argv = (*run, folder / "requirements-dev.txt", "python", "-m", "pytest", "-q")
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    if "No interpreter found" in done.stderr or "error occurred when attempting to download" in done.stderr:
        pytest.skip("there is no Python 3.13 here")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
