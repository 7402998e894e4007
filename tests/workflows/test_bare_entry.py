"""An entry point that has no page is doubted, where another could be meant."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from okamochi.model.correction import Correction, CorrectionKind
from okamochi.run.proof.answer import Answer, Route
from okamochi.system.project_files import MemoryProject
from okamochi.workflows.mending.bare_entry import told_as_bare
from okamochi.workflows.plan import PlannedProject
from tests.detect.plans import FLASK_APP, planned

FACTORY = "from flask import Flask\ndef create_app():\n    return Flask(__name__)\n"
BOTTLE = "import bottle\napp = bottle.Bottle()\n"
TWO = {"app.py": FLASK_APP, "other.py": FACTORY}
STATIC = ("/static/<path:filename>",)


def told(paths: tuple[str, ...], files: dict[str, str], passed: tuple[Correction, ...] = ()) -> str:
    plan = planned(files)
    project = SimpleNamespace(root=Path("/app"), project=MemoryProject(files), plan=plan, corrections=passed)
    answer = Answer(outcome="proved", type="flask.app.Flask", routes=tuple(Route(path=one) for one in paths))
    return told_as_bare(answer, cast(PlannedProject, project))


@pytest.mark.parametrize("paths", [STATIC, (), ("/assets/<path:filename>",), ("/openapi.json", "/docs")])
def test_one_without_a_page_is_doubted_and_the_others_are_named(paths: tuple[str, ...]) -> None:
    found = told(paths, TWO)
    assert found.startswith("app:app loads, but has no page of its own")
    assert "other:create_app() could be meant" in found
    assert found.endswith("--entrypoint 'other:create_app()'")


def test_why_a_fallback_was_taken_is_told() -> None:
    passed = Correction(
        kind=CorrectionKind.PASSED_OVER, value="wsgi:app", reason="wsgi:app does not load: it raises KeyError"
    )
    found = told(STATIC, {"app.py": FLASK_APP, "wsgi.py": "import app\n"}, (passed,))
    assert "it was taken since wsgi:app does not load: it raises KeyError" in found
    assert found.endswith("--entrypoint wsgi:app")


@pytest.mark.parametrize(
    ("paths", "files"),
    [
        ((*STATIC, "/"), TWO),
        (STATIC, {"app.py": FLASK_APP}),
        (
            (),
            {
                "requirements.txt": "bottle\n",
                "app.py": "import bottle\napp = bottle.Bottle()\n",
                "b.py": FACTORY,
            },
        ),
    ],
)
def test_one_with_a_page_or_without_a_rival_or_without_known_routes_is_not(
    paths: tuple[str, ...], files: dict[str, str]
) -> None:
    assert told(paths, files) == ""
