"""Pages whose front end was not built are told of before somebody sees them empty."""

import pytest

from tests.detect.plans import planned

APP = 'from flask import Flask\napp = Flask(__name__, static_folder="public")\n'
FILES = {
    "app.py": APP,
    "requirements.txt": "flask\n",
    "package.json": '{"scripts": {"build": "rollup -c", "dev": "rollup -cw"}}',
    "public/global.css": "",
    ".gitignore": "/node_modules/\n/public/build/\n",
}


def told(files: dict[str, str]) -> list[tuple[str, list[str]]]:
    found = [one for one in planned(files).decisions if "build the front end first" in one.summary]
    return [(one.summary, [str(place) for place in one.evidence]) for one in found]


def test_a_folder_of_static_files_that_is_built_and_not_there_is_told() -> None:
    ((summary, places),) = told(FILES)
    assert summary.startswith("Warning: public/build/, of the app's static files, is not there")
    assert summary.endswith("(npm install && npm run build), and what it makes comes into the image")
    assert places == [".gitignore:2: leaves public/build/ out", "package.json: npm run build: rollup -c"]


def test_so_is_one_in_a_folder_called_static_wherever_that_is() -> None:
    files = {**FILES, ".gitignore": "shop/static/js/*\n", "shop/static/site.css": ""}
    ((summary, _),) = told(files)
    assert "shop/static/js/, of the app's static files" in summary
    assert summary.endswith(
        'and exclude = ["!/shop/static/js/**"] in [tool.okamochi] takes it into the image'
    )


def test_so_is_a_folder_of_its_own_beside_the_app() -> None:
    files = {
        "backend/app.py": APP.replace("public", "../web/dist"),
        "requirements.txt": "flask\n",
        "web/package.json": FILES["package.json"],
    }
    ((summary, places),) = told(files)
    assert "web/dist/, of the app's static files" in summary
    assert "cd web && npm install && npm run build" in summary
    assert places[0] == "backend/app.py:2: static_folder is '../web/dist'"


def test_a_file_that_is_built_is_no_folder() -> None:
    ((summary, (place, _)),) = told({**FILES, ".gitignore": "/public/main.css\n"})
    assert summary.startswith("Warning: public/main.css, of the app's static files, is not there")
    assert 'exclude = ["!/public/main.css"] in [tool.okamochi]' in summary
    assert place == ".gitignore:1: leaves public/main.css out"


@pytest.mark.parametrize(
    ("file", "named"), [("vite.config.ts", True), ("package.json", True), ("main.ts", False)]
)
def test_what_another_folder_builds_is_told_where_its_files_name_the_place(file: str, named: bool) -> None:
    builds = FILES["package.json"]
    files = {**FILES, "package.json": "", ".gitignore": "shop/static/dist\n", "themes/a/package.json": builds}
    assert told(files) == []
    said = {"package.json": builds.replace("rollup -c", "rollup -o ../../shop/static/dist")}
    found = told({**files, f"themes/a/{file}": said.get(file, 'outDir: "../../shop/static/dist"')})
    assert ["cd themes/a && npm install" in summary for summary, _ in found] == [True] * named


@pytest.mark.parametrize(
    "change",
    [
        {"public/build/bundle.js": ""},  # it is built
        {"package.json": '{"scripts": {"test": "jest"}}'},  # nothing says how
        {"package.json": "[]"},
        {"package.json": "{"},
        {"package.json": "[" * 200_000},
        {".gitignore": "/build/\n*.pyc\n"},  # another folder
        {".gitignore": "public/uploads/\nshop/static/User_Media\n"},  # users fill them
        {
            ".gitignore": "shop/static/node_modules\nshop/static/yarn.lock\nshop/static/.temp\n"
        },  # npm makes them
        {"app.py": APP.replace(', static_folder="public"', "")},  # not its static files; it may have none
    ],
)
def test_where_nothing_is_missing_nothing_is_told(change: dict[str, str]) -> None:
    assert told({**FILES, **change}) == []
