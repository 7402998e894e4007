"""A database of MySQL's kind, an object store and a mail catcher, on real containers: an app is told where
they are, data comes back after all was destroyed, a port leads in when one is asked for."""

import json
import re
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.images.stand_ins import ensure

pytestmark = [pytest.mark.engine, pytest.mark.network, pytest.mark.slow, pytest.mark.matrix]

IMAGES = {"mysql": "mysql:8.4", "mariadb": "mariadb:11.8"}
APP = """\
import os, smtplib
from email.message import EmailMessage

import boto3, pymysql
from flask import Flask, request

app = Flask(__name__)
BUCKET = os.environ.get("S3_BUCKET", "photos")
store = boto3.client("s3", endpoint_url=os.environ["S3_ENDPOINT_URL"], region_name="ap-northeast-1")


def ask(words, *values):
    link = pymysql.connect(
        host=os.environ["DB_HOST"], user=os.environ["DB_USER"], password=os.environ["DB_PASSWORD"],
        database=os.environ["DB_NAME"], autocommit=True,
    )
    with link, link.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS notes (text VARCHAR(100))")
        cursor.execute(words, values)
        return cursor.fetchall()


@app.get("/")
def index():
    rows = sorted(row[0] for row in ask("SELECT text FROM notes"))
    keys = [one["Key"] for one in store.list_objects_v2(Bucket=BUCKET).get("Contents", [])]
    return f"notes {rows} files {keys}"


@app.post("/keep/<name>")
def keep(name):
    ask("INSERT INTO notes VALUES (%s)", name)
    store.put_object(Bucket=BUCKET, Key=name, Body=request.get_data())
    return "", 201


@app.post("/mail")
def mail():
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "arrived", "app@example.org", "you@example.org"
    with smtplib.SMTP(os.environ.get("MAIL_SERVER", ""), int(os.environ.get("MAIL_PORT", "25"))) as server:
        server.send_message(message)
    return "", 201
"""


@pytest.fixture(scope="module", params=sorted(IMAGES))
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    image = IMAGES[request.param]
    for tag in (image, "versity/versitygw:v1.7.0", "axllent/mailpit:v1.27"):
        ensure(tag)
    folder = tmp_path_factory.mktemp(request.param) / "keeper"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "requirements.txt").write_text("flask\npymysql[rsa]\nboto3\n")
    (folder / "okamochi.toml").write_text(f'services = {{ db = "{image}" }}\n')
    return folder


@pytest.fixture(scope="module")
def program(project: Path, private_program: Program) -> Iterator[Program]:
    yield private_program
    private_program("down", project, "--volumes")


def page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return str(answer.read().decode())


def post(url: str) -> None:
    urllib.request.urlopen(urllib.request.Request(url, b"content"), timeout=20).close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_database_and_objects_are_there_again_after_all_was_destroyed(
    program: Program, project: Path, tmp_path: Path
) -> None:
    place = ("--engine", "docker", "--port", str(free_port()))
    url = program.ok("up", project, *place).last_line
    post(f"{url}keep/first.txt")
    told = json.loads(program.ok("backup", project, "--output", tmp_path, "--format", "json").stdout)
    saved = Path(told["path"])
    post(f"{url}keep/late.txt")
    program.ok("down", project, "--volumes")
    url = program.ok("up", project, *place).last_line
    assert page(url) == "notes [] files []"
    program.ok("restore", saved, project, "--yes")
    assert page(url) == "notes ['first.txt'] files ['first.txt']"
    post(f"{url}keep/after.txt")
    assert page(url) == "notes ['after.txt', 'first.txt'] files ['after.txt', 'first.txt']"


def test_a_port_leads_to_the_database_only_when_it_is_asked_for(program: Program, project: Path) -> None:
    port = free_port()
    program.ok("up", project, "--engine", "docker")
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=2)
    program.ok("up", project, "--engine", "docker", "--expose", f"db={port}")
    with socket.create_connection(("127.0.0.1", port), timeout=5) as link:
        assert b"mysql" in link.recv(200).lower() or b"mariadb" in link.recv(200).lower()
    shown = subprocess.run(
        ("docker", "ps", "--format", "{{.Ports}}"), capture_output=True, text=True, check=True
    )
    assert f"127.0.0.1:{port}->3306/tcp" in shown.stdout


def test_at_the_desk_a_mail_is_caught_and_shown(program: Program, project: Path) -> None:
    answer = program.ok("dev", project, "--engine", "docker")
    shown = re.search(r"mail that the app sends is shown at (\S+)", answer.stderr)
    assert shown is not None, answer.stderr
    post(f"{answer.last_line}mail")
    ends = time.monotonic() + 20
    while "arrived" not in (caught := page(f"{shown[1]}api/v1/messages")):
        assert time.monotonic() < ends, caught
        time.sleep(0.2)
    assert "you@example.org" in caught
