"""tools/stand_in_base.py: a Python base image is there, wherever it came from."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "stand_in_base.py"

pytestmark = [pytest.mark.engine, pytest.mark.network, pytest.mark.slow]


def base_image(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run((sys.executable, SCRIPT, *arguments), capture_output=True, text=True, check=False)


def in_container(tag: str, *command: str) -> str:
    run = ("docker", "run", "--rm", "--network", "none", tag, *command)
    return subprocess.run(run, capture_output=True, text=True, check=True).stdout


def test_the_image_has_the_python_and_pip_of_its_tag() -> None:
    answer = base_image("3.13")
    assert (answer.returncode, answer.stdout) == (0, "python:3.13-slim\n"), answer.stderr
    assert in_container("python:3.13-slim", "python", "--version").startswith("Python 3.13.")
    assert "python 3.13" in in_container("python:3.13-slim", "pip", "--version")


def test_asking_again_finds_it_there() -> None:
    base_image("3.13")
    again = base_image("3.13")
    assert again.stdout == "python:3.13-slim\n"
    assert "already present" in again.stderr or "made earlier" in again.stderr


def test_a_python_that_can_neither_be_pulled_nor_made_is_an_error_that_says_which_can() -> None:
    answer = base_image("3.99")
    assert (answer.returncode, answer.stdout) == (7, "")
    assert "3.13" in answer.stderr
