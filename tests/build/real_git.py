"""Repositories made by git itself, with commits at known instants."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def git(root: Path, *arguments: str, date: str = "2021-05-06T07:08:09+02:00") -> str:
    """What it prints; the committer's name looks like the end of a line of a commit."""
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "c > 1 +0000"}
    environ = {**who, "GIT_COMMITTER_EMAIL": "c@d", "GIT_COMMITTER_DATE": date, "GIT_AUTHOR_DATE": date}
    argv = ("git", "-C", str(root), "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false", *arguments)
    environ |= {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", "HOME": str(root)}
    return subprocess.run(argv, env=environ, check=True, capture_output=True, text=True).stdout


def new_repository(root: Path) -> Path:
    """An empty one on the branch main; skips the test where there is no git."""
    if shutil.which("git") is None:
        pytest.skip("there is no git to make repositories with")
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    return root
