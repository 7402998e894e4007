"""The small stack: database, cache, migrations, uploads, on real containers."""

import json
import os
import re
import shutil
import subprocess
import urllib.error
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
def program(project: Path, private_program: Program) -> Iterator[Program]:
    yield private_program
    name = folder_of(private_program).name
    private_program.ok("down", project, "--volumes")
    left = subprocess.run(("docker", "volume", "ls", "--quiet"), capture_output=True, text=True, check=True)
    assert name not in left.stdout  # though the last test took the containers away before


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
    web = since(program, "web")
    assert "nothing changed" in program.ok("up", project, "--engine", "docker").stderr
    assert since(program, "web") == web
    compose(program, project, "stop", "db").wait(60)
    url = program.ok("up", project, "--engine", "docker").last_line
    assert seen(url) > before and since(program, "web") != web

    broken = project / "migrations" / "versions" / "0002_broken.py"
    broken.write_text(
        "revision = '0002'\ndown_revision = '0001'\ndef upgrade():\n    raise RuntimeError('no such luck')\n"
    )
    web, database = since(program, "web"), since(program, "db")
    answer = program("up", project, "--engine", "docker")
    broken.unlink()
    assert answer.code == 8, answer.stderr
    assert "release" in answer.stderr and "no such luck" in answer.stderr
    assert seen(url) > before and since(program, "web") == web  # what served before was never away
    assert since(program, "db") == database  # nor the database, though the image is another one


def since(program: Program, service: str) -> str:
    """Which container it is, and since when it runs."""
    words = ("docker", "inspect", "--format", "{{.Id}} {{.State.StartedAt}}")
    name = f"okamochi-{folder_of(program).name}-{service}-1"
    return subprocess.run((*words, name), capture_output=True, text=True, check=True).stdout


PICTURE = b"GIF89a" + b"x" * 3000
SLOW_MIGRATION = """\
revision, down_revision = '0002', '0001'
import time
def upgrade():
    print('it migrates', flush=True)
    time.sleep(2)
def downgrade():
    pass
"""


def page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return str(answer.read().decode())


def add_picture(url: str, title: str) -> None:
    mark = "----stack"
    parts = (
        f'--{mark}\r\nContent-Disposition: form-data; name="title"\r\n\r\n{title}\r\n'
        f'--{mark}\r\nContent-Disposition: form-data; name="picture"; filename="a.gif"\r\n\r\n'
    )
    body = parts.encode() + PICTURE + f"\r\n--{mark}--\r\n".encode()
    kind = {"Content-Type": f"multipart/form-data; boundary={mark}"}
    with urllib.request.urlopen(urllib.request.Request(f"{url}pictures", body, kind), timeout=20) as answer:
        assert title in answer.read().decode()


def folder_of(program: Program) -> Path:
    state = Path(program.environ["OKAMOCHI_STATE_DIR"])
    (folder,) = (path for path in state.iterdir() if (path / "secrets").is_dir())
    return folder


def compose(program: Program, project: Path, *words: str) -> "subprocess.Popen[str]":
    """What `up` started, by the user's own Compose."""
    folder = folder_of(program)
    variables = json.loads((folder / "compose.env.json").read_text())
    names = ("--project-name", f"okamochi-{folder.name}", "--project-directory", str(project))
    return subprocess.Popen(
        ("docker", "compose", *names, "--file", str(folder / "compose.yaml"), *words),
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_three_that_start_at_once_with_a_pending_migration_migrate_once(
    program: Program, project: Path
) -> None:
    (project / "migrations" / "versions" / "0002_slow.py").write_text(SLOW_MIGRATION)
    program.ok("up", project, "--engine", "docker")
    program.ok("exec", "--project", project, "--", "flask", "db", "downgrade")
    started = [compose(program, project, "run", "--rm", "--no-TTY", "--no-deps", "release") for _ in range(3)]
    answers = [process.communicate(timeout=120)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], answers
    assert "".join(answers).count("it migrates") == 1, answers
    assert "".join(answers).count("another process did it") == 2, answers


@pytest.mark.matrix  # a minute of its own: the stack goes and comes twice
def test_what_was_backed_up_is_there_again_after_all_was_destroyed(
    program: Program, project: Path, tmp_path: Path
) -> None:
    url = program.ok("up", project, "--engine", "docker").last_line
    add_picture(url, "a first picture")
    visits = [seen(url) for _ in range(9)][-1]  # more than `up` makes
    saved = Path(program.ok("backup", project, "--output", tmp_path).last_line)
    assert saved.stat().st_mode & 0o077 == 0
    add_picture(url, "one too late")
    program.ok("down", project, "--volumes")
    url = program.ok("up", project, "--engine", "docker").last_line
    assert "a first picture" not in page(url)
    assert seen(url) < visits

    asked = program("restore", saved, project)
    assert asked.code == 2 and "--yes" in asked.stderr
    told = json.loads(program.ok("restore", saved, project, "--yes", "--format", "json").stdout)
    assert told["restored"] and Path(told["before"]).is_file()
    text = page(url)
    assert "a first picture" in text and "one too late" not in text
    assert seen(url) > visits
    found = re.search(r"/pictures/[0-9a-f]+[.]gif", text)
    assert found is not None
    with urllib.request.urlopen(url.rstrip("/") + found[0], timeout=20) as answer:
        assert answer.read() == PICTURE

    content = bytearray(saved.read_bytes())
    content[content.index(b"GIF89a")] ^= 1
    damaged = tmp_path / "damaged"
    damaged.write_bytes(content)
    refused = program("restore", damaged, project, "--yes")
    assert refused.code == 2 and "another digest" in refused.stderr
    assert "a first picture" in page(url)


def test_no_secret_is_in_the_compose_file_or_in_a_containers_environment(
    program: Program, project: Path
) -> None:
    state = Path(program.environ["OKAMOCHI_STATE_DIR"])
    (folder,) = (path for path in state.iterdir() if (path / "secrets").is_dir())
    password = (folder / "secrets" / "DB_PASSWORD").read_text().strip()
    assert len(password) >= 32
    assert password not in (folder / "compose.yaml").read_text()
    assert password not in (folder / "compose.env.json").read_text()
    inspect = ("docker", "inspect", "--format", "{{json .Config.Env}}", f"okamochi-{folder.name}-web-1")
    shown = subprocess.run(inspect, capture_output=True, text=True, check=True).stdout
    assert "DB_PASSWORD" in shown and password not in shown


def test_data_of_another_password_is_told_as_that(
    program: Program, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = program.with_environ(OKAMOCHI_STATE_DIR=str(tmp_path_factory.mktemp("other-state")))
    stack = f"okamochi-{folder_of(program).name}"
    stopped = other.ok("down", project).stdout  # with no record of the stack that runs
    assert {f"removed {stack}-{one}-1" for one in ("db", "web", "redis")} <= set(stopped.splitlines())
    for what in (("ps", "--all", "--format", "{{.Names}}"), ("network", "ls", "--format", "{{.Name}}")):
        left = subprocess.run(("docker", *what), capture_output=True, text=True, check=True).stdout
        assert stack not in left
    answer = other("up", project, "--engine", "docker")
    assert answer.code == 8
    assert "the data of db was made with another password" in answer.stderr
    assert "ALTER USER" in answer.stderr and "down --volumes" in answer.stderr
    other("down", project)
