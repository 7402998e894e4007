"""The project's own .env, which production does not read."""

from pathlib import Path

import pytest

from okamochi.errors import UsageError
from okamochi.run.state import AppState
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.starting.env_values import read_values, tell_unread_file
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


NEEDS = planned(
    {"app.py": 'import os\nhost = os.environ["MAIL_HOST"]\nkey = os.environ["PAY_KEY"]\n' + FLASK_APP}
)


def hint(folder: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    world = World.real({}, SilentReporter(), offline=True, cache_root=folder / "cache")
    with pytest.raises(UsageError, match="needs values for MAIL_HOST, PAY_KEY") as raised:
        read_values(NEEDS, None, AppState(folder / "state"), world, project=folder)
    return raised.value.hint


def test_a_file_of_the_project_that_has_missing_values_is_named_and_none_of_its_values(
    tmp_path: Path,
) -> None:
    both = "MAIL_HOST=smtp.example.org\nPAY_KEY=abc123\n"
    told = hint(
        tmp_path,
        {"conf/prod.env": both, ".env.local": both, ".env": "PAY_KEY=abc123\n", ".env.example": both},
    )
    assert f"okamochi up {tmp_path} --env-file {tmp_path}/conf/prod.env" in told
    assert "smtp" not in told and "abc123" not in told


def test_a_file_without_any_of_them_is_not(tmp_path: Path) -> None:
    assert "--env-file FILE (lines NAME=value)" in hint(
        tmp_path, {".env": "OTHER=1\n", ".env.sample": "PAY_KEY=x\n"}
    )
