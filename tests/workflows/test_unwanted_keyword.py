"""A call that a newer library refuses is answered by an older one."""

from types import SimpleNamespace
from typing import cast

import pytest

from okamochi.run.proof.answer import Answer
from okamochi.system.project_files import MemoryProject
from okamochi.workflows.mending.unwanted_keyword import refusing_package
from okamochi.workflows.plan import PlannedProject

TRACE = """\
Traceback (most recent call last):
  File "/app/shop/admin.py", line 3, in <module>
    admin = Admin(app, template_mode="bootstrap3")
{error}
"""
TAKEN = "from flask_admin import Admin\nfrom shop import app\nadmin = Admin(app, template_mode='x')\n"
REFUSED = "Admin.__init__() got an unexpected keyword argument 'template_mode'"


def refusing(source: str, message: str = REFUSED, error: str = "TypeError") -> str:
    planned = cast(PlannedProject, SimpleNamespace(project=MemoryProject({"shop/admin.py": source})))
    text = TRACE.format(error=f"{error}: {message}")
    answer = Answer(outcome="failed", error=error, message=message, text=text)
    return refusing_package(answer, planned, ("flask", "flask-admin"))


def test_it_is_the_package_from_which_the_module_takes_what_it_calls() -> None:
    assert refusing(TAKEN) == "flask-admin"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (TAKEN.replace("from flask_admin import", "from .own import"), REFUSED),
        (TAKEN.replace("from flask_admin import", "from elsewhere import"), REFUSED),
        (TAKEN.replace("admin = Admin(", "admin = made("), REFUSED),
        (TAKEN, "Admin.__init__() missing 1 required positional argument: 'app'"),
        ("def broken(\n", REFUSED),
    ],
)
def test_no_package_is_blamed_for_what_is_the_apps_own(source: str, message: str) -> None:
    assert refusing(source, message) == ""


def test_another_error_with_such_words_is_none() -> None:
    assert refusing(TAKEN, error="ValueError") == ""


@pytest.mark.parametrize(
    ("line", "made", "package"),
    [
        ("admin.create_views(app=app)", "from flask_admin import Admin\nadmin = Admin()\n", "flask-admin"),
        ("start(app)", "from flask_admin import Admin\nadmin = Admin()\n", ""),
        ("admin.create_views(app=app)", "class Admin: ...\nadmin = Admin()\n", ""),
    ],
)
def test_a_method_that_refuses_it_leads_to_where_its_class_comes_from(
    line: str, made: str, package: str
) -> None:
    files = {"shop/__init__.py": made, "shop/admin.py": f"from shop import admin\n\n{line}\n"}
    planned = cast(PlannedProject, SimpleNamespace(project=MemoryProject(files)))
    message = "Admin.create_views() got an unexpected keyword argument 'app'"
    text = TRACE.format(error=f"TypeError: {message}")
    answer = Answer(outcome="failed", error="TypeError", message=message, text=text)
    assert refusing_package(answer, planned, ("flask", "flask-admin")) == package


FIRST = "'Flask' object has no attribute 'before_first_request'"


@pytest.mark.parametrize(
    ("line", "message", "package"),
    [
        ("@app.before_first_request", FIRST, "flask"),
        ("start(app)", FIRST, ""),
        ("@app.before_first_request", "'Shop' object has no attribute 'before_first_request'", ""),
    ],
)
def test_what_an_object_of_a_library_lacks_leads_to_that_library(
    line: str, message: str, package: str
) -> None:
    files = {
        "shop/__init__.py": "from flask import Flask\nclass Shop: ...\napp = Flask(__name__)\n",
        "shop/admin.py": f"from shop import app\n\n{line}\n",
    }
    planned = cast(PlannedProject, SimpleNamespace(project=MemoryProject(files)))
    text = TRACE.format(error=f"AttributeError: {message}")
    answer = Answer(outcome="failed", error="AttributeError", message=message, text=text)
    assert refusing_package(answer, planned, ("flask", "flask-admin")) == package


@pytest.mark.parametrize(
    ("source", "package"),
    [
        ("import flask_admin\n\nadmin = flask_admin.Admin(template_mode='x')\n", "flask-admin"),
        ("import flask_admin as fa\n\nadmin = fa.base.OldAdmin(template_mode='x')\n", "flask-admin"),
        ("from shop import own\n\nadmin = own.Admin(template_mode='x')\n", ""),
    ],
)
def test_a_class_of_a_module_that_is_imported_whole_is_that_package_s(source: str, package: str) -> None:
    assert refusing(source) == package
