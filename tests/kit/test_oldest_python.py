"""What runs in images, and what builds wheels for them, runs on the oldest Python that an image can have."""

import ast
from pathlib import Path

import pytest

import okamochi
from okamochi.model.suites import SUITES

ROOT = Path(okamochi.__file__).parent
IN_IMAGES = (
    *sorted((ROOT / "kit").glob("*.py")),
    *sorted((ROOT / "run/proof/program").glob("[a-z]*.py")),
    ROOT / "run/observation/program.py",
    ROOT / "run/host/wheel_driver.py",
)
OLDEST = min(tuple(int(part) for part in suite.python_version.split(".")) for suite in SUITES)


@pytest.mark.parametrize("path", IN_IMAGES, ids=lambda path: path.name)
def test_its_syntax_is_that_of_the_oldest_python(path: Path) -> None:
    ast.parse(path.read_text("utf-8"), feature_version=(OLDEST[0], OLDEST[1]))


def test_newer_syntax_would_be_seen() -> None:
    with pytest.raises(SyntaxError):
        ast.parse("match 1:\n    case 1: pass\n", feature_version=(OLDEST[0], OLDEST[1]))
