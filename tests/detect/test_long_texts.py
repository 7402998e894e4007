"""Texts that somebody wrote to keep planning busy: each of these took minutes, or longer."""

import time

import pytest

from okamochi.detect.source.gist import gist_of
from okamochi.detect.source.import_lines import imports_of
from tests.detect.plans import FLASK_APP, planned

MANY = 20_000
ON = FLASK_APP + "import os\nDEBUG = os.getenv('DEBUG', 'true')\n"
REGISTERED = FLASK_APP + "from flask_migrate import Migrate\nMigrate(app, db)\n"
MIGRATED = {"requirements.txt": "flask\nflask-migrate\n", "migrations/env.py": "", "migrations/a.sql": ""}


@pytest.mark.parametrize(
    "text",
    [
        '\\"""x\n' * MANY,
        '\\"""x\n' * MANY + "\\",
        '\\"a\\\n' * MANY + "\n",
        "\\'''x\n" * MANY,
        "from" + " " * MANY * 2 + "\nimport os\n",
    ],
)
def test_a_module_is_seen_in_no_time(text: str) -> None:
    start = time.process_time()
    imports_of(gist_of(text))
    assert time.process_time() - start < 3


@pytest.mark.parametrize(
    "files",
    [
        {"app.py": f"{ON}X = '{'=' * MANY * 4}'\n"},
        {"app.py": ON + "\n" * MANY * 4},
        {"app.py": f"{FLASK_APP}which = '{'import ' * MANY}'\n"},
        {**MIGRATED, "app.py": f"{REGISTERED}X = '{'Migrate(' * MANY}'\n"},
        {"app.py": FLASK_APP, "Dockerfile": "FROM " + "${a:-" * MANY},
    ],
)
def test_a_project_is_planned_in_no_time(files: dict[str, str]) -> None:
    start = time.process_time()
    planned(files)
    assert time.process_time() - start < 6
