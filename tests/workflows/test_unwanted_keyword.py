"""A call that a newer library refuses is answered by an older one."""

from types import SimpleNamespace
from typing import cast

import pytest

from okamochi.run.proof.answer import Answer
from okamochi.system.project_files import MemoryProject
from okamochi.workflows.plan import PlannedProject
from okamochi.workflows.unwanted_keyword import refusing_package

TRACE = """\
Traceback (most recent call last):
  File "/app/shop/admin.py", line 3, in <module>
    admin = Admin(app, template_mode="bootstrap3")
{error}
"""
TAKEN = (
    "from flask_admin import Admin\nfrom shop import app\nadmin = Admin(app, template_mode='x')\n"
)
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
