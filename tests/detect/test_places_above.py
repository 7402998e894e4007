"""backend/ that serves the pages of ../frontend: no file of them is in the image."""

from pathlib import Path

import pytest

from okamochi.detect.planner import make_plan
from okamochi.model.settings import SettingsTable
from okamochi.system.project_files import DiskProject

APP = "import os\nfrom flask import Flask\n{}\napp = Flask(__name__{})\n"


def told(top: Path, before: str, arguments: str) -> list[str]:
    files = {
        ".git/HEAD": "ref: refs/heads/main\n",
        "frontend/index.html": "<p>",
        "backend/requirements.txt": "flask\n",
        "backend/app.py": APP.format(before, arguments),
    }
    for name, text in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
    plan = make_plan(DiskProject.open(top / "backend"), SettingsTable())
    return [one.summary for one in plan.decisions if "beside its own" in one.summary]


@pytest.mark.parametrize(
    ("before", "arguments"),
    [
        ("", ", static_folder='../frontend/build'"),
        ("", ', template_folder="../frontend"'),
        ("dist = os.path.join(os.path.dirname(__file__), '..', 'frontend', 'dist')", ""),
        ("up = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'frontend')", ""),
    ],
)
def test_pages_of_a_folder_beside_the_app_are_a_warning(tmp_path: Path, before: str, arguments: str) -> None:
    (found,) = told(tmp_path, before, arguments)
    assert 'requirements = ["backend/requirements.txt"] into okamochi.toml' in found
    assert "dirname" not in found


def test_a_path_from_the_working_folder_has_to_begin_elsewhere(tmp_path: Path) -> None:
    (found,) = told(tmp_path, "folder = os.path.join(os.getcwd(), '..', 'frontend')", "")
    assert "let the path begin at os.path.dirname(__file__)" in found


@pytest.mark.parametrize(
    ("before", "arguments"),
    [
        ("", ", static_folder='static'"),
        ("", ", static_folder='../nowhere'"),
        ("", ", static_folder='../../frontend'"),
        ("import sys\nsys.path.append('../frontend')", ""),
    ],
)
def test_what_lies_in_the_app_or_nowhere_is_none(tmp_path: Path, before: str, arguments: str) -> None:
    assert told(tmp_path, before, arguments) == []
