"""`python:X.Y-slim` for a test: present, pulled, or a stand-in made from Debian packages."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "tools/stand_in_base.py"


def python_image(version: str) -> str:
    """Its tag; the test is skipped where there is none and none can be made."""
    made = subprocess.run((sys.executable, SCRIPT, version), capture_output=True, text=True, check=False)
    if made.returncode != 0:
        pytest.skip(f"there is no python:{version}-slim here, and none can be made: {made.stderr[-300:]}")
    return made.stdout.strip()
