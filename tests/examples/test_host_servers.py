"""An app with PostgreSQL, Redis and migrations where no engine is used: servers of Debian's packages."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from okamochi.run.host.engine import HostEngine
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from tests.cli.program import Program
from tests.examples.conftest import Browser, answering
from tests.workflows.conftest import copied

pytestmark = [pytest.mark.network, pytest.mark.slow]


@pytest.fixture
def uploads(tmp_path: Path, private_program: Program) -> Iterator[Path]:
    answering("host")
    if not HostEngine.of(World.real({}, SilentReporter())).starts_servers:
        pytest.skip("this machine lets no other user be had")
    folder = copied("flask-uploads", tmp_path / "flask-uploads")
    try:
        yield folder
    finally:
        private_program("down", folder, "--volumes")


def seen(url: str) -> int:
    found = re.search(r"seen (\d+) times?", Browser(url).get("/").text)
    assert found is not None
    return int(found[1])


def test_databases_are_started_and_keep_their_data(private_program: Program, uploads: Path) -> None:
    program = private_program.with_environ(DATABASE_URL="", REDIS_URL="")
    up = program.ok("up", uploads, "--engine", "host")
    assert "db: PostgreSQL 17 from Debian's packages, for this app alone, instead of postgres:17" in up.stderr
    assert "Running release" in up.stderr
    before = seen(up.last_line)
    shown = program.ok("ps", uploads).stdout
    assert "db  running" in shown and "redis  running" in shown
    assert "0001" in program.ok("exec", "--project", uploads, "flask", "db", "current").stdout
    assert "db  | " in program.ok("logs", uploads).stdout
    password = re.search(r"DB_PASSWORD: generated once, kept in (.*)", up.stderr)
    assert password is not None
    assert Path(password[1]).read_text() not in up.stderr + program.ok("logs", uploads).stdout
    again = program.ok("up", uploads, "--engine", "host")
    assert "nothing changed" in again.stderr
    saved = program.ok("backup", uploads, "--output", uploads.parent / "saved.okamochi-backup")
    assert "db" in saved.stderr and "redis" in saved.stderr
    program.ok("down", uploads)
    url = program.ok("up", uploads, "--engine", "host").last_line
    assert seen(url) > before
    for _ in range(5):
        later = seen(url)
    program.ok("restore", uploads.parent / "saved.okamochi-backup", uploads, "--yes")
    assert before < seen(url) < later
    removed = program.ok("down", uploads, "--volumes").stdout
    assert "-db\n" in removed and "removed db-data" in removed
