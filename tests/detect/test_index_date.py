"""The setting exclude-newer."""

import pytest

from okamochi.errors import UsageError
from tests.detect.plans import FLASK_APP, decision, planned


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2024-05-01", "2024-05-01T23:59:59Z"),
        ("2024-05-01T12:00:00Z", "2024-05-01T12:00:00Z"),
        ("2024-05-01T12:00:00+02:00", "2024-05-01T10:00:00Z"),
    ],
)
def test_a_day_counts_to_its_end_and_an_instant_is_one_in_utc(text: str, instant: str) -> None:
    plan = planned({"app.py": FLASK_APP, "okamochi.toml": f'exclude-newer = "{text}"\n'})
    assert plan.dependencies.exclude_newer == instant
    found = decision(plan, "dependencies.exclude_newer")
    assert (found.evidence[0].path, found.evidence[0].line) == ("okamochi.toml", 1)


@pytest.mark.parametrize("text", ["yesterday", "2024-13-01", "2024-05-01T12:00:00", "20240501", "--offline"])
def test_what_is_no_date_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        planned({"app.py": FLASK_APP, "okamochi.toml": f'exclude-newer = "{text}"\n'})
    assert caught.value.where == "okamochi.toml:1" and "2024-05-01" in caught.value.hint


def test_without_the_setting_there_is_no_date() -> None:
    assert planned({"app.py": FLASK_APP}).dependencies.exclude_newer == ""
