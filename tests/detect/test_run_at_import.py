"""`app.run()` that nothing guards is passed over when a server loads the module, and told."""

import pytest

from tests.detect.plans import FLASK_APP, planned

VARIABLE = ("FLASK_RUN_FROM_CLI", "true")


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ({"app.py": FLASK_APP + "app.run(debug=True, port=5000)\n"}, "app.py:4"),
        ({"app.py": FLASK_APP + "try:\n    app.run()\nexcept OSError:\n    pass\n"}, "app.py:5"),
        (
            {"wsgi.py": "from shop import app\n\napp.run()\n", "shop/__init__.py": FLASK_APP},
            "wsgi.py:3",
        ),
        (
            {
                "app.py": "from flask import Flask\n\ndef create_app():\n    return Flask(__name__)\n\n"
                "site = create_app()\nsite.run()\n"
            },
            "app.py:7",
        ),
    ],
)
def test_it_is_passed_over(files: dict[str, str], place: str) -> None:
    plan = planned(files)
    assert VARIABLE in plan.image_environment
    (told,) = [one for one in plan.decisions if "app.run() is called by whoever" in one.summary]
    assert [f"{one.path}:{one.line}" for one in told.evidence] == [place]


@pytest.mark.parametrize(
    "more",
    [
        "if __name__ == '__main__':\n    app.run()\n",
        "def main():\n    app.run()\n",
        "class Job:\n    def run(self): ...\njob = Job()\njob.run()\n",
    ],
)
def test_what_a_server_does_not_run_needs_nothing(more: str) -> None:
    plan = planned({"app.py": FLASK_APP + more})
    assert VARIABLE not in plan.image_environment
    assert not [one for one in plan.decisions if "app.run()" in one.summary]
