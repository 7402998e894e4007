"""backend/ that serves the pages of ../frontend: no file of them is in the image."""

from pathlib import Path

import pytest

from okamochi.detect.planner import make_plan
from okamochi.model.settings import SettingsTable
from okamochi.system.project_files import DiskProject

APP = "import os\nfrom flask import Flask\n{}\napp = Flask(__name__{})\n"
PATH = "from pathlib import Path\n"
FASTAPI = """\
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
app = FastAPI()
app.mount("/", StaticFiles(directory={}, html=True))
"""
LISTED = {"requirements.txt": "flask\nfastapi\n"}


def told(top: Path, source: str, listed: dict[str, str] = LISTED) -> list[str]:
    files = {
        ".git/HEAD": "ref: refs/heads/main\n",
        "frontend/index.html": "<p>",
        **{f"backend/{name}": text for name, text in listed.items()},
        "backend/app.py": source,
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
        ("up = os.path.abspath(os.path.join(os.path.dirname(__file__), '../frontend/build'))", ""),
        (f"{PATH}HERE = Path(__file__).resolve().parent\nDIST = HERE.parent / 'frontend' / 'dist'", ""),
        (f"{PATH}PAGES = [Path(__file__).parents[1].joinpath('frontend')]", ""),
    ],
)
def test_pages_of_a_folder_beside_the_app_are_a_warning(tmp_path: Path, before: str, arguments: str) -> None:
    (found,) = told(tmp_path, APP.format(before, arguments))
    assert 'requirements = ["backend/requirements.txt"] into okamochi.toml' in found
    assert "dirname" not in found


@pytest.mark.parametrize(
    "source",
    [
        APP.format("folder = os.path.join(os.getcwd(), '..', 'frontend')", ""),
        APP.format("index = open('../frontend/index.html').read()", ""),
        FASTAPI.format("'../frontend/dist'"),
    ],
)
def test_a_path_from_the_working_folder_has_to_begin_elsewhere(tmp_path: Path, source: str) -> None:
    (found,) = told(tmp_path, source)
    assert "let the path begin at os.path.dirname(__file__)" in found


@pytest.mark.parametrize(
    ("listed", "command"),
    [
        (
            {"pyproject.toml": '[project]\nname = "shop"\nversion = "1"\ndependencies = ["flask"]\n'},
            "uv pip compile backend/pyproject.toml -o requirements.txt",
        ),
        (
            {
                "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\ndependencies = ["flask"]\n',
                "uv.lock": 'version = 1\n[[package]]\nname = "shop"\nversion = "1"\n'
                'source = { virtual = "." }\ndependencies = [{ name = "flask" }]\n'
                '[[package]]\nname = "flask"\nversion = "3.1.0"\n'
                'source = { registry = "https://index.example.org/simple" }\n',
            },
            "uv export --project backend --no-emit-project -o requirements.txt",
        ),
    ],
)
def test_where_no_requirement_file_lists_them_the_dependencies_are_written_into_one(
    tmp_path: Path, listed: dict[str, str], command: str
) -> None:
    (found,) = told(tmp_path, APP.format("", ", static_folder='../frontend'"), listed)
    assert f"write its dependencies into a requirements.txt in the folder above ({command})" in found


@pytest.mark.parametrize(
    ("before", "arguments"),
    [
        ("", ", static_folder='static'"),
        ("", ", static_folder='../nowhere'"),
        ("", ", static_folder='../../frontend'"),
        ("import sys\nsys.path.append('../frontend')", ""),
        ("import sys\nsys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'frontend'))", ""),
        (f"{PATH}KEPT = Path('/frontend') / 'kept'\nHERE = Path(__file__).parent", ""),
    ],
)
def test_what_lies_in_the_app_or_nowhere_is_none(tmp_path: Path, before: str, arguments: str) -> None:
    assert told(tmp_path, APP.format(before, arguments)) == []
