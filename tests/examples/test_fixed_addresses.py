"""An app whose code has its services at localhost, on real containers: web, migrations and what is typed by
hand reach them through doors, which come back when what serves them dies."""

import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.images.stand_ins import ensure

pytestmark = [pytest.mark.engine, pytest.mark.network, pytest.mark.slow, pytest.mark.matrix]

APP = """\
import psycopg2, redis
from flask import Flask

app = Flask(__name__)
counter = redis.Redis(host="localhost", port=6379)


def ask(words):
    link = psycopg2.connect("postgresql://cook:n00dles@localhost:5432/shop")
    with link, link.cursor() as cursor:
        cursor.execute(words)
        return cursor.fetchall()


@app.route("/")
def index():
    return "%s bowls, visit %s" % (ask("SELECT count(*) FROM bowls")[0][0], counter.incr("visits"))


@app.route("/healthz")
def health():
    return "ok"
"""
TABLES = """\
import psycopg2

link = psycopg2.connect(host="127.0.0.1", user="cook", password="n00dles", dbname="shop")
with link, link.cursor() as cursor:
    cursor.execute(
        "CREATE TABLE IF NOT EXISTS bowls (name text PRIMARY KEY);"
        "INSERT INTO bowls VALUES ('udon') ON CONFLICT DO NOTHING"
    )
"""
SERVING = """
import os
found = {}
for pid in filter(str.isdigit, os.listdir("/proc")):
    words = open("/proc/%s/cmdline" % pid).read().split("\\0")
    parent = open("/proc/%s/stat" % pid).read().rpartition(")")[2].split()[1]
    if "/opt/okamochi/loopback.py" in words:
        found[int(pid)] = int(parent)
os.kill(next(pid for pid, parent in found.items() if parent in found), 9)
"""


# the oldest reads before it is told to wait; the image's own is what most apps get
@pytest.fixture(scope="module", params=["3.9", "3.13"])
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    for tag in ("postgres:17", "valkey/valkey:8.1"):
        ensure(tag)
    folder = tmp_path_factory.mktemp(request.param.replace(".", "-")) / "fixed"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "tables.py").write_text(TABLES)
    (folder / "Procfile").write_text("web: gunicorn app:app\nrelease: python tables.py\n")
    (folder / "requirements.txt").write_text("flask\nredis\npsycopg2-binary\n")
    (folder / "okamochi.toml").write_text(f'python = "{request.param}"\n')
    return folder


@pytest.fixture(scope="module")
def url(project: Path, private_program: Program) -> Iterator[str]:
    yield private_program.ok("up", project, "--engine", "docker").last_line
    private_program("down", project, "--volumes")


def page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return str(answer.read().decode())


def docker(*words: str) -> str:
    return subprocess.run(("docker", *words), capture_output=True, text=True, check=True).stdout.strip()


def container(service: str) -> str:
    (found,) = docker("ps", "--all", "--quiet", "--filter", f"name=okamochi-fixed-.*-{service}-1").split()
    return found


def test_the_page_has_rows_that_the_release_made_and_counts_in_the_cache(url: str) -> None:
    before = int(page(url).rpartition(" ")[2])
    assert page(url) == f"1 bowls, visit {before + 1}"


def test_what_is_typed_by_hand_goes_through_the_same_doors(
    url: str, project: Path, private_program: Program
) -> None:
    typed = "import app; app.ask(\"INSERT INTO bowls VALUES ('soba') RETURNING 1\")"
    answer = private_program("exec", "--", "python", "-c", typed, cwd=project)
    assert answer.code == 0, answer.stderr
    private_program.ok("release", project)
    assert page(url).startswith("2 bowls")


def test_the_server_is_process_one_and_nobody_beside_it_reaches_a_door(url: str) -> None:
    web = container("web")
    assert "gunicorn" in docker("top", web, "-o", "pid,args").splitlines()[1]
    address = docker("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}", web)
    for one in address.split():
        with pytest.raises(OSError), socket.create_connection((one, 5432), timeout=3):
            pass


def test_doors_whose_server_was_killed_are_served_again(url: str) -> None:
    docker("exec", container("web"), "/opt/venv/bin/python", "-c", SERVING)
    assert page(url).startswith("2 bowls")


def test_a_service_that_was_away_is_reached_again_without_a_restart_of_the_app(url: str) -> None:
    cache = container("redis")
    docker("stop", cache)
    with pytest.raises(urllib.error.HTTPError):
        page(url)
    docker("start", cache)
    ends = time.monotonic() + 30
    while True:
        try:
            assert page(url).startswith("2 bowls")
            return
        except urllib.error.HTTPError:
            assert time.monotonic() < ends
            time.sleep(0.5)


def test_the_app_ends_in_its_own_time(url: str) -> None:
    begun = time.monotonic()
    docker("stop", container("web"))
    assert time.monotonic() - begun < 20
    assert docker("inspect", "--format", "{{.State.ExitCode}}", container("web")) == "0"
