"""A package that is older than the image's Python is told by its versions."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from okamochi.run.proof.answer import Answer, Outcome, Verdict
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.mending.age_of_library import is_asked_by_the_app
from okamochi.workflows.mending.failed import Failed
from okamochi.workflows.mending.hints.packages import age
from okamochi.workflows.plan import PlannedProject, plan_project
from tests.bad_projects.conftest import FLASK_APP

TEXT = (
    "Traceback (most recent call last):\n"
    '  File "/app/app.py", line 1, in <module>\n'
    "    import click\n"
    '  File "/opt/venv/lib/python3.9/site-packages/click/__init__.py", line 2, in <module>\n'
    "RuntimeError: no\n"
)


def told(folder: Path, version: str, text: str = TEXT) -> str:
    (folder / "app.py").write_text(FLASK_APP)
    (folder / "requirements.txt").write_text("flask\nclick\n")
    world = World.real(os.environ, SilentReporter(), cache_root=folder / "cache")
    planned: PlannedProject = plan_project(folder, world)
    plan = SimpleNamespace(python_version="3.9", dependencies=planned.plan.dependencies)
    built = cast(Any, SimpleNamespace(plan=plan, root=planned.root))
    answer = Answer(outcome="failed", error="RuntimeError", message="no", text=text)
    verdict = Verdict(outcome=Outcome.LIBRARY, subject="click")
    return age.hint(Failed(verdict, answer, built, {"click": version}, world=world))


@pytest.mark.network
def test_the_version_that_came_with_the_python_is_named(tmp_path: Path) -> None:
    said = told(tmp_path, "6.7")
    assert said.startswith("click 6.7 is older than Python 3.9, the oldest that there is a base for")
    # within a major version a package keeps its promises to the app: semantic versioning, 8
    assert "click 7.1.2 the newest of all" not in said
    assert "click 6.7" in said and "7.1.2 was the newest; ask for this one or a later one" in said
    earlier = told(tmp_path, "6.0")
    assert "click 6.7 was the newest that changes little for the app, 7.1.2 the newest of all" in earlier
    assert earlier.endswith("ask for click==6.7 first")


def test_what_an_imported_package_refuses_to_be_called_with_is_no_matter_of_age(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(age, "version_current_at", lambda *args, **more: "7.1.2")
    refused = (
        'Traceback (most recent call last):\n  File "/app/app.py", line 4, in <module>\n    click.route()\n'
        '  File "/opt/venv/lib/python3.9/site-packages/click/core.py", line 2, in route\n'
        "    raise AssertionError('taken: '\nAssertionError: taken: index\n"
    )
    assert told(tmp_path, "6.7", refused) == ""
    called = refused.replace("raise AssertionError('taken: '", "inspect.getargspec(f)")
    assert told(tmp_path, "6.7", called).startswith("click 6.7 is older than Python 3.9")
    imported = refused.replace("in route", "in <module>")
    assert told(tmp_path, "6.7", imported).startswith("click 6.7 is older than Python 3.9")


@pytest.mark.parametrize(
    ("installed", "current", "text"),
    [("8.0", "7.1.2", TEXT), ("6.7", "", TEXT), ("6.7", "7.1.2", TEXT.replace("/opt/venv/", "/app/lib/"))],
)
def test_nothing_is_said_of_what_is_new_enough_or_of_the_apps_own_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: str, current: str, text: str
) -> None:
    own = text.replace("/site-packages/", "/") if text is not TEXT else text
    monkeypatch.setattr(age, "version_current_at", lambda *args, **more: current)
    assert told(tmp_path, installed, own) == ""


@pytest.mark.parametrize(
    ("line", "asked"), [("return list(request.user.profile.follows)", True), ("return page(request)", False)]
)
def test_an_attribute_that_the_apps_own_line_asks_for_is_no_matter_of_age(line: str, asked: bool) -> None:
    message = "'AnonymousUser' object has no attribute 'profile'"
    text = (
        f'Traceback (most recent call last):\n  File "/app/shop/views.py", line 8, in home\n    {line}\n'
        '  File "/opt/venv/lib/python3.11/site-packages/django/utils/functional.py", line 247, in inner\n'
        f"    return func(self._wrapped, *args)\nAttributeError: {message}\n"
    )
    answer = Answer(outcome="failed", error="AttributeError", message=message, text=text)
    assert is_asked_by_the_app(answer) is asked
