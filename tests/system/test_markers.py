"""What the markers of these tests demand of the machine, tried in a pytest of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = ("network", "engine", "matrix", "needs(program, ...)")
MARKERS = "\n".join(["[pytest]", "markers =", *(f"    {name}" for name in NAMES)])


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A folder with one passing test for each marker."""
    folder = tmp_path / "suite"
    folder.mkdir()
    shutil.copy(ROOT / "tests/conftest.py", folder)
    (folder / "pytest.ini").write_text(MARKERS)
    tests = "".join(
        f"@pytest.mark.{name}\ndef test_{name}(): pass\n" for name in ("network", "engine", "matrix")
    )
    (folder / "test_markers_of_the_suite.py").write_text(f"import pytest\n{tests}")
    return folder


def outcome(suite: Path, *options: str, **variables: str) -> str:
    """What pytest says in the end, on a machine without any program on PATH."""
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "OKAMOCHI_TEST_OFFLINE")}
    argv = (sys.executable, "-m", "pytest", "-rsf", "-p", "no:cacheprovider", *options)
    environ = {**kept, "PATH": "/nowhere", "PYTHONPATH": str(ROOT), **variables}
    return subprocess.run(argv, cwd=suite, env=environ, capture_output=True, text=True, check=False).stdout


def test_without_an_engine_its_tests_are_skipped_with_the_reason(suite: Path) -> None:
    said = outcome(suite)
    assert "1 passed, 1 skipped, 1 deselected" in said
    assert "no container engine: there is no docker program" in said


def test_in_ci_an_absent_engine_is_a_failure(suite: Path) -> None:
    said = outcome(suite, CI="true")
    assert "CI=true, and no container engine" in said
    assert "1 error" in said or "1 failed" in said


def test_offline_the_network_tests_are_skipped(suite: Path) -> None:
    assert "2 skipped, 1 deselected" in outcome(suite, OKAMOCHI_TEST_OFFLINE="1")


def test_the_long_matrices_run_when_all_is_asked_for(suite: Path) -> None:
    assert "2 passed, 1 skipped" in outcome(suite, "--all")


def test_what_starts_a_program_is_skipped_where_there_is_none_and_in_ci_a_failure(suite: Path) -> None:
    needy = 'import pytest\n@pytest.mark.needs("git")\ndef test_needy(): pass\n'
    (suite / "test_markers_of_the_suite.py").write_text(needy)
    said = outcome(suite)
    assert "1 skipped" in said and "there is no program git" in said
    assert "CI=true, and there is no program git" in outcome(suite, CI="true")
