"""A checkout whose own folder is no app and that holds one."""

from pathlib import Path

import pytest

from okamochi.detect.files.sole_app import sole_app_folder
from okamochi.system.project_files import MemoryProject
from okamochi.workflows.starting.project_folder import project_folder, unread_above
from tests.detect.plans import FLASK_APP, planned

ONE = {"docker-compose.yml": "services: {}\n", "web/app.py": FLASK_APP, "web/requirements.txt": "flask\n"}


def test_the_only_app_below_is_taken() -> None:
    assert sole_app_folder(MemoryProject(ONE)) == "web"
    assert (
        sole_app_folder(MemoryProject({**ONE, "pyproject.toml": "[tool.ruff]\nline-length = 100\n"})) == "web"
    )


def test_a_folder_that_a_dockerfile_installs_counts_wherever_its_list_lies() -> None:
    files = {
        "docker-compose.yml": "services: {}\n",
        "web/Dockerfile": "FROM python:3.13\nCOPY src/requirements.txt .\n",
        "web/app.py": "from src import app\n",
        "web/src/__init__.py": FLASK_APP,
        "web/src/requirements.txt": "flask\n",
    }
    assert sole_app_folder(MemoryProject(files)) == "web"


@pytest.mark.parametrize(
    "more",
    [
        {"requirements.txt": "flask\n"},
        {"main.py": ""},
        {"okamochi.toml": ""},
        {"pyproject.toml": '[project]\nname = "whole"\n'},
        {"pyproject.toml": "[tool.poetry]\n"},
        {"pyproject.toml": "broken ["},
        {"api/app.py": FLASK_APP, "api/requirements.txt": "flask\n"},
    ],
)
def test_a_folder_that_may_be_the_project_or_holds_several_is_left_alone(more: dict[str, str]) -> None:
    assert sole_app_folder(MemoryProject({**ONE, **more})) == ""


def test_a_folder_with_a_script_counts_where_none_has_an_object() -> None:
    script = {"desk/main.py": "from nicegui import ui\nui.run()\n", "desk/requirements.txt": "nicegui\n"}
    assert sole_app_folder(MemoryProject(script)) == "desk"
    assert sole_app_folder(MemoryProject({**script, **ONE})) == "web"


def test_a_package_is_no_folder_of_an_app_for_it_is_imported_from_above() -> None:
    source = "from flask import Flask\n{}\ndef create_app():\n    return Flask('x')\n"
    package = {"web/__init__.py": source.format("from .pages import x"), "web/requirements.txt": "flask\n"}
    assert sole_app_folder(MemoryProject(package)) == ""
    assert planned(package).application.object_reference == "web:create_app()"
    package["web/__init__.py"] = source.format("from pages import x")
    assert sole_app_folder(MemoryProject(package)) == "web"


def test_a_folder_without_any_app_stays_what_was_asked_for(tmp_path: Path) -> None:
    assert project_folder(tmp_path) == tmp_path
    assert project_folder(tmp_path / "nowhere") == tmp_path / "nowhere"
    (tmp_path / "tool").mkdir()
    (tmp_path / "tool/setup.py").write_text("")
    assert project_folder(tmp_path) == tmp_path


def test_every_command_is_about_that_folder(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from okamochi.cli.main import program

    for name, text in ONE.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    done = CliRunner().invoke(program, ["plan", str(tmp_path)])
    assert "web: that folder is taken" in done.output


def test_an_environment_file_above_the_folder_that_is_taken_is_told_with_a_command(tmp_path: Path) -> None:
    below = tmp_path / "web"
    below.mkdir()
    assert unread_above(tmp_path, below) == ""
    (tmp_path / ".env").write_text("TOKEN=x\n")
    told = f"{tmp_path}/.env is not read: okamochi up {below} --env-file {tmp_path}/.env"
    assert unread_above(tmp_path, below).startswith(told)
    assert unread_above(tmp_path, tmp_path) == ""
    (below / ".env").write_text("")
    assert unread_above(tmp_path, below) == ""


@pytest.mark.parametrize("folder", ["", "backend/"])
def test_a_folder_whose_dockerfile_copies_the_app_from_below_has_it_there(folder: str) -> None:
    files = {
        f"{folder}server/Dockerfile": "FROM python:3.13\nRUN pip install flask\n",
        f"{folder}server/app/requirements.txt": "flask\n",
        f"{folder}server/app/app.py": FLASK_APP,
        "README.md": "",
    }
    assert sole_app_folder(MemoryProject(files)) == f"{folder}server/app"
