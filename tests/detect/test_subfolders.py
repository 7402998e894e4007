"""A folder that is no app, but holds some."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from okamochi.detect.files.sole_app import sole_app_folder
from okamochi.detect.planner import make_plan
from okamochi.errors import DetectionError
from okamochi.model.settings import SettingsTable
from okamochi.system.project_files import DiskProject, MemoryProject
from tests.detect.plans import FLASK_APP

INVOICE = {"invoice/app.py": FLASK_APP, "invoice/requirements.txt": "flask\n"}
PARCEL = {"parcel/app.py": FLASK_APP, "parcel/pyproject.toml": '[project]\nname = "parcel"\n'}


def hint(files: Mapping[str, str | bytes]) -> str:
    with pytest.raises(DetectionError) as caught:
        make_plan(MemoryProject(files), SettingsTable())
    return caught.value.hint


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (INVOICE, "okamochi up invoice"),
        ({**INVOICE, **PARCEL}, "okamochi up invoice or okamochi up parcel"),
        ({f"examples/{path}": text for path, text in INVOICE.items()}, "okamochi up examples/invoice"),
        ({f"src/apps/{path}": text for path, text in INVOICE.items()}, "okamochi up src/apps/invoice"),
        ({**INVOICE, **{f"old/apps/{path}": text for path, text in INVOICE.items()}}, "okamochi up invoice"),
        ({"tool.py": "print()\n", **{f"demo{p[7:]}": t for p, t in INVOICE.items()}}, "okamochi up demo"),
    ],
)
def test_the_hint_names_the_folders_that_are_apps(files: Mapping[str, str], expected: str) -> None:
    assert hint(files) == f"give the folder of the app: {expected}"


def test_apps_of_one_name_that_list_nothing_are_told_apart_by_their_folders() -> None:
    apart = {"shop/src/main.py": FLASK_APP, "blog/src/main.py": FLASK_APP, "old/src/views.py": FLASK_APP}
    expected = "okamochi up blog/src or okamochi up old/src or okamochi up shop/src"
    assert hint(apart) == f"give the folder of the app: {expected}"


def test_apps_of_one_folder_are_told_apart_by_their_names() -> None:
    assert "--entrypoint app:app" in hint({"app.py": FLASK_APP, "main.py": FLASK_APP})


def test_apps_beside_a_folder_that_is_another_one_are_told_apart_by_their_names() -> None:
    assert "--entrypoint app:app" in hint({"app.py": FLASK_APP, "main.py": FLASK_APP, **INVOICE})


def test_names_with_spaces_are_told_whole_and_as_a_shell_takes_them() -> None:
    script = "from taipy import Gui\nGui('x').run()\n"
    files = {f"Sales Board/{part}/main.py": script for part in ("new", "old one")}
    with pytest.raises(DetectionError) as caught:
        make_plan(MemoryProject(files), SettingsTable())
    assert caught.value.where == "Sales Board/new/main.py:2, Sales Board/old one/main.py:2"
    listed = {path.replace("main.py", "requirements.txt"): "taipy\n" for path in files}
    expected = "okamochi up 'Sales Board/new' or okamochi up 'Sales Board/old one'"
    assert hint({**files, **listed}) == f"give the folder of the app: {expected}"


@pytest.mark.parametrize("more", [{}, {"helper.py": "x = 1\n"}])
def test_a_notebook_is_told_as_what_it_is(more: dict[str, str]) -> None:
    with pytest.raises(DetectionError) as caught:
        make_plan(
            MemoryProject({"sales.ipynb": "{}", "requirements.txt": "voila\n", **more}), SettingsTable()
        )
    assert "marimo convert sales.ipynb -o app.py" in caught.value.hint
    assert any("sales.ipynb" in line for line in caught.value.details)
    assert "ipynb" not in hint({"helper.py": "x = 1\n"})


def test_a_folder_without_an_app_is_not_named() -> None:
    assert "okamochi up" not in hint({"shop/x.py": "x = 1\n", "shop/requirements.txt": "flask\n"})


def test_the_hint_is_written_as_it_is_typed_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path, text in INVOICE.items():
        target = tmp_path / "apps" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DetectionError) as caught:
        make_plan(DiskProject.open(tmp_path / "apps"), SettingsTable())
    assert caught.value.hint.endswith("okamochi up apps/invoice")


PACKAGE = {
    "docker-compose.yml": "services: {web: {build: app}}\n",
    "app/__init__.py": "",
    "app/main.py": "from fastapi import FastAPI\nfrom app.routers import users\napp = FastAPI()\n",
    "app/routers/__init__.py": "",
    "app/routers/users.py": "",
    "app/requirements.txt": "fastapi==0.100\n",
}


def test_a_package_that_names_itself_is_imported_from_the_folder_above() -> None:
    plan = make_plan(MemoryProject(PACKAGE), SettingsTable())
    assert plan.application.object_reference == "app.main:app"
    assert plan.dependencies.files == ("app/requirements.txt",)
    assert sole_app_folder(MemoryProject(PACKAGE)) == ""


@pytest.mark.parametrize(
    "change",
    [
        {"app/main.py": "from fastapi import FastAPI\nfrom routers import users\napp = FastAPI()\n"},
        {"app/app/__init__.py": "", "app/app/routers.py": "users = 1\n"},
        {"app/routers/__init__.py": None, "app/routers/users.py": None},
    ],
)
def test_a_folder_whose_modules_do_not_name_it_so_is_an_app_of_its_own(
    change: dict[str, str | None],
) -> None:
    files = {path: text for path, text in {**PACKAGE, **change}.items() if text is not None}
    assert sole_app_folder(MemoryProject(files)) == "app"
