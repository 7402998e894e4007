"""A library or program that the start of an app misses becomes one more Debian package."""

from typing import Any, cast

import pytest

from okamochi.debian.workshop import Workshop
from okamochi.model.correction import Correction, CorrectionKind
from okamochi.oci.platform import LINUX_AMD64
from okamochi.run.proof.answer import Answer, Outcome, Verdict
from okamochi.workflows.mending.corrections import correction_for
from okamochi.workflows.mending.failed import Failed
from okamochi.workflows.plan import PlannedProject
from tests.debian.contents_maker import contents_of
from tests.detect.plans import FLASK_APP, planned
from tests.workflows.test_native import INDEX

NOWHERE = cast(Any, None)
NO_WORLD = cast(Any, object())


@pytest.fixture(autouse=True)
def contents(monkeypatch: pytest.MonkeyPatch) -> None:
    made = contents_of(INDEX)
    monkeypatch.setattr(Workshop, "contents", made)


def found(text: str, *corrections: Correction) -> tuple[str, str] | None:
    of = PlannedProject(planned({"app.py": FLASK_APP}), NOWHERE, NOWHERE, corrections=corrections)
    return asked(of, text)


def asked(of: PlannedProject, text: str) -> tuple[str, str] | None:
    verdict, answer = Verdict(outcome=Outcome.FAILED), Answer(outcome="failed", text=text)
    correction = correction_for(Failed(verdict, answer, of, world=NO_WORLD, platform=LINUX_AMD64))
    return None if correction is None else (correction.kind.value, correction.value)


@pytest.mark.parametrize(
    ("text", "package"),
    [
        ("OSError: libmagic.so.1: cannot open shared object file: No such file or directory", "libmagic1t64"),
        ("ImportError: libpq.so.5: cannot open shared object file: No such file", "libpq5"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'ffmpeg'", "ffmpeg"),
        ("zoneinfo._common.ZoneInfoNotFoundError: 'No time zone found with key US/Pacific'", "tzdata-legacy"),
        ("ValueError: Incorrect timezone setting: Asia/Calcutta", "tzdata-legacy"),
        ("locale.Error: unsupported locale setting", "locales-all"),
    ],
)
def test_what_is_missing_is_added(text: str, package: str) -> None:
    assert found(text) == ("package", package)
    again = Correction(kind=CorrectionKind.PACKAGE, value=package, reason="seen")
    assert found(text, again) is None


@pytest.mark.parametrize(
    "text",
    [
        "FileNotFoundError: [Errno 2] No such file or directory: 'sh'",
        "FileNotFoundError: [Errno 2] No such file or directory: 'config.json'",
        "FileNotFoundError: [Errno 2] No such file or directory: '/app/ffmpeg'",
        "OSError: libcuda.so.1: cannot open shared object file: No such file or directory",
        "RuntimeError: libmagic.so.1 is old",
    ],
)
def test_what_no_package_has_what_is_a_file_and_a_shell_are_not(text: str) -> None:
    assert found(text) is None


def test_where_the_suite_keeps_no_time_zones_apart_nothing_is_added_for_one() -> None:
    plan = planned({"app.py": FLASK_APP, "okamochi.toml": 'python = "3.11"\n'})
    assert plan.base.suite == "bookworm"
    of = PlannedProject(plan, NOWHERE, NOWHERE)
    assert asked(of, "No time zone found with key Mars/Base") is None
