"""The small stack: database, cache, migrations, uploads, on real containers."""

import re
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.images.stand_ins import ensure

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "flask-uploads"

pytestmark = [pytest.mark.engine, pytest.mark.network, pytest.mark.slow]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for tag in ("postgres:17", "valkey/valkey:8.1"):
        ensure(tag)
    folder = tmp_path_factory.mktemp("stack") / "flask-uploads"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("okamochi.lock"))
    return folder


@pytest.fixture(scope="module")
def program(
    project: Path, okamochi_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Program]:
    state = tmp_path_factory.mktemp("state")
    one = Program({"OKAMOCHI_CACHE_DIR": str(okamochi_cache), "OKAMOCHI_STATE_DIR": str(state)})
    yield one
    one("down", project, "--volumes")


def seen(url: str) -> int:
    """The counter that Redis keeps; `up` looked at the page, too."""
    with urllib.request.urlopen(url, timeout=20) as answer:
        found = re.search(r"seen (\d+) times", answer.read().decode())
    assert found is not None
    return int(found[1])


def test_the_stack_serves_keeps_its_data_and_says_why_a_migration_fails(
    program: Program, project: Path
) -> None:
    url = program.ok("up", project, "--engine", "docker").last_line
    before = seen(url)
    shown = program.ok("exec", "--project", project, "--", "flask", "db", "current")
    assert "0001" in shown.stdout
    program.ok("down", project)
    url = program.ok("up", project, "--engine", "docker").last_line
    assert seen(url) > before

    broken = project / "migrations" / "versions" / "0002_broken.py"
    broken.write_text(
        "revision = '0002'\ndown_revision = '0001'\ndef upgrade():\n    raise RuntimeError('no such luck')\n"
    )
    answer = program("up", project, "--engine", "docker")
    assert answer.code == 8, answer.stderr
    assert "release" in answer.stderr and "no such luck" in answer.stderr
    assert seen(url) > before  # what served before serves on
    broken.unlink()


def test_no_secret_is_in_the_compose_file_or_in_a_containers_environment(
    program: Program, project: Path
) -> None:
    state = Path(program.environ["OKAMOCHI_STATE_DIR"])
    (folder,) = (path for path in state.iterdir() if (path / "secrets").is_dir())
    password = (folder / "secrets" / "DB_PASSWORD").read_text().strip()
    assert len(password) >= 32
    assert password not in (folder / "compose.yaml").read_text()
    assert password not in (folder / "compose.env.json").read_text()
