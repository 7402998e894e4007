"""A pinned package whose own code fails: which later release is tried in its place."""

import os
from pathlib import Path

import pytest

from okamochi.model.correction import CorrectionKind
from okamochi.oci.platform import LINUX_AMD64
from okamochi.run.proof.answer import Answer, verdict_of
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.mending import newer_release as module
from okamochi.workflows.mending.corrections import correction_for
from okamochi.workflows.mending.failed import Failed
from okamochi.workflows.plan import plan_project
from tests.bad_projects.conftest import FLASK_APP

PLACE = "/opt/venv/lib/python3.13/site-packages/werkzeug"
TEXT = (
    "Traceback (most recent call last):\n"
    '  File "/app/app.py", line 3, in <module>\n    @app.route("/")\n'
    f'  File "{PLACE}/routing.py", line 951, in compile_builder\n    code = compile(module, "x", "exec")\n'
    'TypeError: required field "type_ignores" missing from Module\n'
)
MISSING = 'required field "type_ignores" missing from Module'
# bound -> what the index has: the last of 0.15, the newest below 1 on Python 3.13's day
INDEX = {"==0.15.*": "0.15.6", "<1": "0.16.1"}


@pytest.fixture
def asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The value of the correction, "" for none; the index has what INDEX says."""

    def found(
        requirements: str = "flask\nwerkzeug==0.15.4\n",
        *,
        text: str = TEXT,
        message: str = MISSING,
        error: str = "TypeError",
        settings: str = "",
        index=INDEX,
        refused=(),
    ) -> str:
        monkeypatch.setattr(
            module, "version_current_at", lambda world, name, instant, *, bound, **more: index.get(bound, "")
        )
        (tmp_path / "app.py").write_text(FLASK_APP)
        (tmp_path / "requirements.txt").write_text(requirements)
        (tmp_path / "okamochi.toml").write_text(settings)
        world = World.real(os.environ, SilentReporter(), cache_root=tmp_path / "cache")
        answer = Answer(outcome="failed", error=error, message=message, text=text)
        failed = Failed(
            verdict_of(answer),
            answer,
            plan_project(tmp_path, world),
            {"werkzeug": "0.15.4", "flask": "1.1.1"},
            [(str(CorrectionKind.RELEASE), one) for one in refused],
            world=world,
            platform=LINUX_AMD64,
        )
        correction = correction_for(failed)
        return correction.value if correction is not None else ""

    return found


def test_the_last_of_the_pinned_minor_version_is_tried_first(asked_for) -> None:
    assert asked_for() == "werkzeug==0.15.6"


def test_then_what_was_the_newest_of_the_major_version_when_the_python_came_out(asked_for) -> None:
    assert asked_for(refused=["werkzeug==0.15.6"]) == "werkzeug==0.16.1"
    assert asked_for(refused=["werkzeug==0.15.6", "werkzeug==0.16.1"]) == ""


def test_what_was_the_newest_by_then_is_not_too_old(asked_for) -> None:
    assert asked_for(index={"==0.15.*": "0.15.6", "<1": "0.15.4"}) == ""


def test_of_python_s_own_module_the_package_that_asks_for_it_is_the_old_one(asked_for) -> None:
    message = "module 'warnings' has no attribute 'RuntimeWarning'"
    text = TEXT.replace(f"TypeError: {MISSING}", f"AttributeError: {message}")
    assert asked_for(text=text, message=message, error="AttributeError") == "werkzeug==0.15.6"


def test_what_a_library_raises_on_purpose_is_no_matter_of_its_age(asked_for) -> None:
    assert asked_for(text=TEXT.replace('code = compile(module, "x", "exec")', "raise TypeError(what)")) == ""


def test_the_apps_own_code_is_none_of_a_librarys(asked_for) -> None:
    assert asked_for(text=TEXT.replace(PLACE, "/app/shop")) == ""


@pytest.mark.parametrize(
    "requirements",
    ["flask\nwerkzeug<0.16\n", "flask\n", f"flask\nwerkzeug==0.15.4 --hash=sha256:{'0' * 64}\n"],
)
def test_only_a_pin_without_digests_is_moved(asked_for, requirements: str) -> None:
    assert asked_for(requirements) == ""


def test_a_setting_keeps_the_pins(asked_for) -> None:
    assert asked_for(settings="keep-pins = true\n") == ""


@pytest.mark.parametrize(
    ("requirements", "alone"),
    [("flask==1.1.1\nwerkzeug==0.15.4\n", True), ("flask\nwerkzeug==0.15.4\n", False)],
)
def test_the_index_of_another_day_is_asked_first_where_something_in_the_traceback_is_not_pinned(
    tmp_path: Path, requirements: str, alone: bool
) -> None:
    (tmp_path / "app.py").write_text(FLASK_APP)
    (tmp_path / "requirements.txt").write_text(requirements)
    world = World.real(os.environ, SilentReporter(), cache_root=tmp_path / "cache")
    frame = '  File "/opt/venv/lib/python3.13/site-packages/flask/app.py", line 1, in route\n    f()\n'
    text = TEXT.replace(f'  File "{PLACE}', f'{frame}  File "{PLACE}')
    answer = Answer(outcome="failed", error="TypeError", message=MISSING, text=text)
    planned = plan_project(tmp_path, world)
    failed = Failed(verdict_of(answer), answer, planned, world=world, platform=LINUX_AMD64)
    assert module.is_of_pins_alone(failed) is alone
