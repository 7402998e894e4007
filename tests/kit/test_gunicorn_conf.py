"""The configuration under real gunicorns, old and new, each in an environment of its own."""

import logging
import os
import runpy
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from okamochi.kit import kit_files

pytestmark = pytest.mark.network

APP = """\
import os

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [os.environ.get("SECRET_KEY", "").encode()]
"""


@pytest.fixture(scope="session", params=["gunicorn==20.1.0", "gunicorn==23.0.0", "gunicorn>=27"])
def gunicorn(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    uv = Path(sys.executable).with_name("uv")
    folder = tmp_path_factory.mktemp("gunicorn")
    subprocess.run((uv, "venv", "-q", "--python", sys.executable, folder / "venv"), check=True)
    python = folder / "venv/bin/python"
    install = (uv, "pip", "install", "-q", "--python", python, request.param, "setuptools<80")
    subprocess.run(install, check=True)
    return folder / "venv/bin/gunicorn"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "kit").mkdir()
    for name, content in kit_files():
        (tmp_path / "kit" / name).write_bytes(content)
    (tmp_path / "wsgi.py").write_text(APP)
    return tmp_path


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def started(gunicorn: Path, folder: Path, **variables: str) -> "subprocess.Popen[bytes]":
    environ = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **variables}
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        return subprocess.Popen(
            (gunicorn, "--config", folder / "kit/gunicorn.conf.py", "wsgi:application"),
            cwd=folder,
            env=environ,
            stdout=out,
            stderr=err,
        )


@contextmanager
def serving(gunicorn: Path, folder: Path, **variables: str) -> Iterator[int]:
    port = free_port()
    process = started(gunicorn, folder, PORT=str(port), OKAMOCHI_BIND_ADDRESS="127.0.0.1", **variables)
    try:
        for _ in range(200):
            with socket.socket() as connection:
                if connection.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def body(port: int, path: str, agent: str) -> str:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"User-Agent": agent})
    with urllib.request.urlopen(request, timeout=10) as answer:
        text: str = answer.read().decode()
        return text


def test_it_serves_logs_on_stdout_and_says_what_was_chosen(gunicorn: Path, folder: Path) -> None:
    with serving(gunicorn, folder, WEB_CONCURRENCY="1") as port:
        body(port, "/page", "browser")
        body(port, "/healthz", "okamochi-healthcheck")
    log = (folder / "out").read_text()
    assert (folder / "err").read_text() == ""
    assert "okamochi: 1 workers x 4 threads (set by WEB_CONCURRENCY)" in log
    assert '"GET /page HTTP/1.1" 200' in log
    assert "/healthz" not in log
    assert "ontrol server" not in log


@pytest.mark.parametrize(
    ("atoms", "logged"),
    [
        ({"a": "okamochi-healthcheck", "h": "127.0.0.1", "s": "200"}, False),
        ({"a": "okamochi-healthcheck", "h": "127.0.0.1", "s": "503"}, True),
        ({"a": "okamochi-healthcheck", "h": "203.0.113.9", "s": "200"}, True),
        ({"a": "browser", "h": "127.0.0.1", "s": "200"}, True),
    ],
)
def test_only_good_answers_to_the_probe_from_inside_are_not_logged(
    folder: Path, atoms: dict[str, str], logged: bool
) -> None:
    settings = runpy.run_path(str(folder / "kit/gunicorn.conf.py"))
    record = logging.LogRecord("gunicorn.access", logging.INFO, "", 0, "%(a)s", (atoms,), None)
    assert settings["_NotAProbe"]().filter(record) is logged


def test_secrets_from_files_are_there_before_the_app(gunicorn: Path, folder: Path) -> None:
    (folder / "key").write_text("from-a-file\n")
    variables = {"OKAMOCHI_SECRET_FILES": "SECRET_KEY", "SECRET_KEY_FILE": str(folder / "key")}
    with serving(gunicorn, folder, GUNICORN_WORKERS="1", **variables) as port:
        assert body(port, "/", "browser") == "from-a-file"
    log = (folder / "out").read_text()
    assert "okamochi: read from files: SECRET_KEY" in log
    assert "from-a-file" not in log


@pytest.mark.parametrize(
    ("name", "value"), [("GUNICORN_WORKERS", "abc"), ("GUNICORN_THREADS", "0"), ("GUNICORN_TIMEOUT", "-1")]
)
def test_a_bad_value_ends_the_start_with_one_line(
    gunicorn: Path, folder: Path, name: str, value: str
) -> None:
    process = started(gunicorn, folder, **{name: value})
    assert process.wait(30) == 1
    assert f"okamochi: {name}={value} must be a whole number" in (folder / "err").read_text()
    assert "Traceback" not in (folder / "err").read_text()
