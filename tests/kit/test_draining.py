"""SIGTERM under load: whoever was let in gets a whole answer, whoever comes later meets a closed port."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from okamochi.kit import kit_files

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

from load import Pressed, press

pytestmark = pytest.mark.network

GRACE_SECONDS = 20
APP = """\
import time

def application(environ, start_response):
    time.sleep(0.03)
    with open("asked", "ab") as asked:
        asked.write(b".")
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"whole"]
"""


@pytest.fixture(scope="module")
def gunicorn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    uv = Path(sys.executable).with_name("uv")
    folder = tmp_path_factory.mktemp("gunicorn")
    subprocess.run((uv, "venv", "-q", "--python", sys.executable, folder / "venv"), check=True)
    python = folder / "venv/bin/python"
    subprocess.run((uv, "pip", "install", "-q", "--python", python, "gunicorn>=27"), check=True)
    return folder / "venv/bin/gunicorn"


@pytest.fixture
def server(gunicorn: Path, tmp_path: Path) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    for name, content in kit_files():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "wsgi.py").write_text(APP)
    port = free_port()
    variables = {"PORT": str(port), "OKAMOCHI_BIND_ADDRESS": "127.0.0.1", "WEB_CONCURRENCY": "2"}
    variables["OKAMOCHI_STOP_GRACE_SECONDS"] = str(GRACE_SECONDS)
    argv = (gunicorn, "--config", tmp_path / "gunicorn.conf.py", "wsgi:application")
    environ = {"PATH": os.environ["PATH"], **variables}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(argv, cwd=tmp_path, env=environ, stdout=log, stderr=log)
    try:
        yield process, port
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_no_request_fails_when_the_server_is_told_to_stop_under_load(
    server: tuple["subprocess.Popen[bytes]", int], tmp_path: Path
) -> None:
    process, port = server
    for _ in range(300):
        if press(("127.0.0.1", port), ["/"], requests=1, clients=1).answered:
            break
        time.sleep(0.1)
    found: list[Pressed] = []

    def load() -> None:
        # more clients than threads: some always wait in the listen queue
        found.append(
            press(("127.0.0.1", port), ["/"], requests=100_000, clients=24, kept_alive=6, seconds=60)
        )

    pressing = threading.Thread(target=load)
    pressing.start()
    while (tmp_path / "asked").stat().st_size < 100:
        assert pressing.is_alive()
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(GRACE_SECONDS) == 0
    pressing.join()
    (pressed,) = found
    assert pressed.answered > 50
    assert pressed.failures == 0, pressed.failed
    assert pressed.refused == 24  # every client went home from a closed port
