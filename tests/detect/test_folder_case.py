"""Templates/ and Static/, which Flask finds on Windows and macOS alone."""

import pytest

from okamochi.model.evidence import Decision
from tests.detect.plans import planned

APP = "from flask import Flask\napp = Flask(__name__)\n"


def told(**files: str) -> list[Decision]:
    plan = planned({"requirements.txt": "flask\n", **files})
    return [one for one in plan.decisions if "another one in a container" in one.summary]


@pytest.mark.parametrize(
    ("app", "folder", "renamed"),
    [
        ("app.py", "Templates", "git mv Templates templates"),
        ("app.py", "STATIC", "git mv STATIC static"),
        ("shop/__init__.py", "shop/Templates", "git mv shop/Templates shop/templates"),
    ],
)
def test_a_folder_that_only_other_systems_find_is_a_warning(app: str, folder: str, renamed: str) -> None:
    (found,) = told(**{app: APP, f"{folder}/index.html": "<p>"})
    assert renamed in found.summary and "Warning" in found.summary


@pytest.mark.parametrize(
    "files",
    [
        {"app.py": APP, "templates/index.html": "<p>"},
        {"app.py": APP, "templates/index.html": "<p>", "Templates/old.html": "<p>"},
        {"app.py": APP.replace("(__name__)", "(__name__, template_folder='Templates')"), "Templates/x": ""},
        {"shop/__init__.py": APP, "Templates/index.html": "<p>"},
        {"app.py": "from fastapi import FastAPI\napp = FastAPI()\n", "Templates/index.html": "<p>"},
    ],
)
def test_what_the_app_finds_or_names_or_does_not_look_for_is_none(files: dict[str, str]) -> None:
    asked = "fastapi" if "fastapi" in files.get("app.py", "") else "flask"
    plan = planned({"requirements.txt": f"{asked}\n", **files})
    assert not [one for one in plan.decisions if "another one in a container" in one.summary]
