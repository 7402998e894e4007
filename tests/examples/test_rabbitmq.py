"""RabbitMQ on a real container: Celery's tasks are done, and a message in a queue outlives its container."""

import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.images.stand_ins import ensure

pytestmark = [pytest.mark.engine, pytest.mark.network, pytest.mark.slow, pytest.mark.matrix]

APP = """\
import os

import pika
from flask import Flask
from tasks import note

app = Flask(__name__)


def link():
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))
    channel = connection.channel()
    channel.queue_declare("kept", durable=True)
    return connection, channel


@app.get("/")
def index():
    connection, channel = link()
    with connection:
        method, _, body = channel.basic_get("kept")
        if method is not None:
            channel.basic_nack(method.delivery_tag)
        return (body or b"nothing").decode()


@app.post("/keep/<text>")
def keep(text):
    connection, channel = link()
    with connection:
        channel.basic_publish("", "kept", text, pika.BasicProperties(delivery_mode=2))
    return "", 201


@app.post("/tasks/<text>")
def task(text):
    return note.delay(text).get(timeout=60)
"""
TASKS = """\
import os

from celery import Celery

celery = Celery("tasks", broker=os.environ["AMQP_URL"], backend="rpc://")


@celery.task
def note(text):
    return f"done {text}"
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    ensure("rabbitmq:4")
    folder = tmp_path_factory.mktemp("rabbitmq") / "queues"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "tasks.py").write_text(TASKS)
    (folder / "requirements.txt").write_text("flask\npika\ncelery\n")
    return folder


@pytest.fixture(scope="module")
def program(project: Path, private_program: Program) -> Iterator[Program]:
    yield private_program
    private_program("down", project, "--volumes")


def asked(url: str, *, post: bool = False) -> str:
    with urllib.request.urlopen(url, b"" if post else None, timeout=90) as answer:
        return str(answer.read().decode())


def description_of(app: str) -> str:
    """What the engine knows of all containers of the app."""
    words = ("docker", "ps", "--all", "--quiet", "--filter", f"name={app}")
    shown = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    return subprocess.run(("docker", "inspect", *shown), capture_output=True, text=True, check=True).stdout


def test_tasks_are_done_and_a_message_outlives_its_container(program: Program, project: Path) -> None:
    url = program.ok("up", project, "--engine", "docker").last_line
    assert asked(f"{url}tasks/soba", post=True) == "done soba"
    asked(f"{url}keep/udon", post=True)
    assert asked(url) == "udon"
    program.ok("down", project)
    assert asked(program.ok("up", project, "--engine", "docker").last_line) == "udon"


def test_its_password_is_in_no_log_and_no_description(program: Program, project: Path) -> None:
    up = program.ok("up", project, "--engine", "docker")
    state = Path(program.environ["OKAMOCHI_STATE_DIR"])
    (secret,) = state.glob("*/secrets/RABBITMQ_PASSWORD")
    password = secret.read_text()
    described = description_of(secret.parents[1].name)
    assert "RABBITMQ_DEFAULT_USER" in described
    compose = (secret.parents[1] / "compose.yaml").read_text()
    logs = program.ok("logs", project, "--tail", "2000").stdout
    assert len(password) > 20
    assert password not in "".join((up.stderr, logs, described, compose))
