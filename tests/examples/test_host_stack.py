"""Apps of several processes without an engine, their services at addresses of this machine's loopback."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.examples.conftest import Browser, answering
from tests.images.stand_ins import ensure
from tests.workflows.conftest import copied

# an engine holds the databases, as it would on a developer's machine, and knows nothing of the app
pytestmark = [pytest.mark.engine, pytest.mark.network, pytest.mark.slow, pytest.mark.matrix]

DATABASE = {"POSTGRES_USER": "shop", "POSTGRES_DB": "shop", "POSTGRES_PASSWORD": "geheim-of-the-test"}


def serving(image: str, port: int, **variables: str) -> Iterator[int]:
    """The port of this machine that leads to a container of that image."""
    ensure(image)
    told = (word for name, value in variables.items() for word in ("--env", f"{name}={value}"))
    words = ("docker", "run", "--detach", "--publish", f"127.0.0.1::{port}", *told, image)
    name = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    try:
        shown = subprocess.run(("docker", "port", name), capture_output=True, text=True, check=True)
        published = int(shown.stdout.splitlines()[0].rpartition(":")[2])
        ends = time.monotonic() + 120
        while not is_served(published):
            assert time.monotonic() < ends, f"{image} does not come up"
            time.sleep(0.2)
        yield published
    finally:
        subprocess.run(("docker", "rm", "--force", "--volumes", name), capture_output=True, check=True)


def is_served(port: int) -> bool:
    """Docker accepts connections from the first moment, and closes them until somebody listens inside."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.settimeout(0.3)
        try:
            return bool(connection.recv(1))
        except TimeoutError:
            return True
    return False


@pytest.fixture(scope="module")
def redis() -> Iterator[int]:
    yield from serving("redis:7", 6379)


@pytest.fixture(scope="module")
def postgres() -> Iterator[int]:
    yield from serving("postgres:17", 5432, **DATABASE)


def example(name: str, tmp_path: Path, program: Program) -> Iterator[Path]:
    answering("host")
    folder = copied(name, tmp_path / name)
    try:
        yield folder
    finally:
        program("down", folder, "--volumes")


@pytest.fixture
def uploads(tmp_path: Path, private_program: Program) -> Iterator[Path]:
    yield from example("flask-uploads", tmp_path, private_program)


@pytest.fixture
def celery(tmp_path: Path, private_program: Program) -> Iterator[Path]:
    yield from example("flask-celery", tmp_path, private_program)


def test_migrations_run_and_pages_are_served_with_services_of_a_file_and_of_the_shell(
    private_program: Program, uploads: Path, redis: int, postgres: int
) -> None:
    address = f"postgresql+psycopg://shop:{DATABASE['POSTGRES_PASSWORD']}@127.0.0.1:{postgres}/shop"
    file = uploads.with_name("redis.env")
    file.write_text(f"REDIS_URL=redis://127.0.0.1:{redis}/5\n")
    program = private_program.with_environ(DATABASE_URL=address)
    up = program.ok("up", uploads, "--engine", "host", "--env-file", file)
    assert f"db is at 127.0.0.1:{postgres} (DATABASE_URL)" in up.stderr
    assert "Running release" in up.stderr
    page = Browser(up.last_line).get("/")
    assert page.status == 200 and "times" in page.text
    assert "0001" in program.ok("exec", "--project", uploads, "flask", "db", "current").stdout
    assert "the schema is at 0001" in program.ok("release", uploads).stderr
    assert "gunicorn" in program.ok("logs", uploads).stdout
    told = up.stderr + program.ok("logs", uploads).stdout + program.ok("ps", uploads).stdout
    assert DATABASE["POSTGRES_PASSWORD"] not in told


def test_a_worker_does_its_task_and_is_in_ps_logs_and_down(
    private_program: Program, celery: Path, redis: int
) -> None:
    program = private_program.with_environ(REDIS_URL=f"redis://127.0.0.1:{redis}/6")
    browser = Browser(program.ok("up", celery, "--engine", "host").last_line)
    shown = browser.post("/orders", {})
    ends = time.monotonic() + 60
    while "お待たせしました" not in shown.text:
        assert time.monotonic() < ends, shown.text
        time.sleep(0.1)
        shown = browser.get(shown.url)
    assert "worker  running" in program.ok("ps", celery).stdout
    assert "worker  | " in program.ok("logs", celery).stdout
    removed = program.ok("down", celery).stdout
    assert "-worker" in removed
    assert program.ok("ps", celery).stdout == ""


def test_what_is_missing_is_said_before_anything_is_started(private_program: Program, tmp_path: Path) -> None:
    folder = tmp_path / "mongo"
    folder.mkdir()
    (folder / "requirements.txt").write_text("flask\npymongo\n")
    (folder / "app.py").write_text(
        "import os\nimport pymongo\nfrom flask import Flask\napp = Flask(__name__)\n"
        "link = pymongo.MongoClient(os.environ['MONGO_URL'])\n"
    )
    program = private_program.with_environ(MONGO_URL="")
    answer = program("up", folder, "--engine", "host")
    assert answer.code == 7
    assert "missing: no MONGO_URL was given" in answer.stderr
    assert "Dependencies" not in answer.stderr
    assert "MONGO_URL=mongodb://USER:PASSWORD@HOST:PORT/DATABASE" in answer.stderr
    assert program.ok("ps", folder).stdout == ""
