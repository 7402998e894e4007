"""Corrections of a plan, and what a lock may say of them."""

import pytest

from okamochi.model.correction import Correction, CorrectionKind, corrected, is_sound
from okamochi.model.process import TemporaryFolder
from tests.detect.plans import planned

FLASK_APP = "from flask import Flask\napp = Flask(__name__)\n"


def correction(kind: CorrectionKind, value: str) -> Correction:
    return Correction(kind=kind, value=value, reason="the proof said so")


def test_each_correction_is_in_the_plan_with_its_reason() -> None:
    plan = corrected(
        planned({"app.py": FLASK_APP}),
        (
            correction(CorrectionKind.REQUIREMENT, "pyyaml"),
            correction(CorrectionKind.VOLUME, "/app/user data".replace(" ", "-")),
            correction(CorrectionKind.TEMPORARY_FOLDER, "/app/cache"),
        ),
    )
    assert "pyyaml" in plan.dependencies.added
    assert [(one.name, one.path) for one in plan.volumes if one.path.endswith("data")] == [
        ("user-data", "/app/user-data")
    ]
    assert plan.temporary_folders == (TemporaryFolder(path="/app/cache"),)
    assert [one.evidence[0].reason for one in plan.decisions[-3:]] == ["the proof said so"] * 3


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (CorrectionKind.REQUIREMENT, "--index-url=http://x"),
        (CorrectionKind.REQUIREMENT, "a @ http://x/y.whl"),
        (CorrectionKind.REQUIREMENT, "a\nb"),
        (CorrectionKind.EXCLUDE_NEWER, "yesterday"),
        (CorrectionKind.VOLUME, "/app/../etc"),
        (CorrectionKind.VOLUME, "app/x"),
        (CorrectionKind.TEMPORARY_FOLDER, "/app/x:exec"),
    ],
)
def test_a_lock_may_not_say_what_other_programs_would_take_for_more(kind: CorrectionKind, value: str) -> None:
    assert not is_sound(correction(kind, value))


@pytest.mark.parametrize("value", ["pyyaml", "setuptools<81", "psycopg2-binary", "a==1.0", "a>=1,<2"])
def test_ordinary_requirements_are_sound(value: str) -> None:
    assert is_sound(correction(CorrectionKind.REQUIREMENT, value))
