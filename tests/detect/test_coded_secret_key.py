"""The key that signs sessions, where it stands in the source."""

import pytest

from tests.detect.plans import FLASK_APP, planned


def places(source: str, **others: str) -> list[str]:
    plan = planned({"app.py": source, **{f"{name}.py": text for name, text in others.items()}})
    return [
        f"{place.path}:{place.line}"
        for one in plan.decisions
        if one.summary.startswith("Warning: the app's SECRET_KEY stands in its source")
        for place in one.evidence
    ]


@pytest.mark.parametrize(
    "line",
    [
        "app.secret_key = 'dev'",
        "app.config['SECRET_KEY'] = 'dev'",
        "app.config.from_mapping(SECRET_KEY='dev', DATABASE='a.db')",
        "app.config.update({'SECRET_KEY': 'dev'})",
        "app.config.update(dict(SECRET_KEY='dev'))",
    ],
)
def test_a_key_in_the_source_is_told_with_its_line(line: str) -> None:
    assert places(f"{FLASK_APP}{line}\n") == [f"app.py:{FLASK_APP.count(chr(10)) + 1}"]


def test_a_key_of_a_class_of_settings_is_told() -> None:
    settings = "class Config:\n    SECRET_KEY = 'dev'\n"
    app = f"{FLASK_APP}app.config.from_object('config.Config')\n"
    assert places(app, config=settings) == ["config.py:2"]


@pytest.mark.parametrize(
    "lines",
    [
        "import os\napp.secret_key = os.environ['SECRET_KEY']\n",
        "import os\napp.secret_key = os.environ.get('SECRET_KEY', 'dev')\n",
        "app.config.from_mapping(SECRET_KEY='dev')\napp.config.from_prefixed_env()\n",
        "import os\nclass A:\n    SECRET_KEY = 'dev'\nclass B(A):\n    SECRET_KEY = os.environ['KEY']\n",
        "class TestConfig:\n    SECRET_KEY = 'dev'\n",
        "class DevelopmentConfig:\n    SECRET_KEY = 'dev'\n",
        "if __name__ == '__main__':\n    app.secret_key = 'dev'\n    app.run()\n",
        "secret_key_name = 'dev'\n",
    ],
)
def test_a_key_from_outside_and_one_of_the_desk_are_not(lines: str) -> None:
    assert places(f"{FLASK_APP}{lines}") == []
