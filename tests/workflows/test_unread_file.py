"""The project's own .env, which production does not read."""

from pathlib import Path

import pytest

from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.starting.env_values import tell_unread_file
from tests.detect.plans import FLASK_APP, planned

READS = """import os
sender = os.environ.get("MAIL_SENDER")
size = os.environ.get("PAGE_SIZE", "20")
key = os.environ.get("SECRET_KEY")
url = os.environ.get("DATABASE_URL")
"""
PLAN = planned({"requirements.txt": "flask\npsycopg\n", "app.py": READS + FLASK_APP})


def told(text: str, folder: Path, env_file: Path | None = None) -> list[str]:
    (folder / ".env").write_text(text)
    reporter = SilentReporter()
    world = World.real({}, reporter, offline=True, cache_root=folder / "cache")
    tell_unread_file(PLAN, env_file, folder, world)
    return reporter.notes


def test_what_the_code_would_get_from_it_is_named_with_the_command(tmp_path: Path) -> None:
    (said,) = told("MAIL_SENDER=a@example.org\nPAGE_SIZE=50\n", tmp_path)
    assert "to give its MAIL_SENDER, PAGE_SIZE: okamochi up" in said
    assert said.endswith(f"--env-file {tmp_path / '.env'}")


@pytest.mark.parametrize(
    "text",
    [
        "SECRET_KEY=made-up-anyway\n",
        "DATABASE_URL=postgresql://me@localhost/shop\n",
        "PAGE_SIZE=20\n",
        "MAIL_SENDER=\n",
        "OTHER=1\n",
        "no line of such a file\n",
    ],
)
def test_what_makes_no_difference_is_not(text: str, tmp_path: Path) -> None:
    assert told(text, tmp_path) == []


def test_nor_beside_a_file_that_was_given(tmp_path: Path) -> None:
    assert told("MAIL_SENDER=a@example.org\n", tmp_path, env_file=tmp_path / ".env") == []
