"""SIGTERM under load: whoever was let in gets a whole answer, whoever comes later meets a closed port."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.kit.laid import lay_kit

from okamochi.kit import draining

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


# the threaded worker has been made in three ways
@pytest.fixture(scope="module", params=["gunicorn>=27", "gunicorn==23.0.0", "gunicorn==20.1.0"])
def gunicorn(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    uv = Path(sys.executable).with_name("uv")
    folder = tmp_path_factory.mktemp("gunicorn")
    subprocess.run((uv, "venv", "-q", "--python", sys.executable, folder / "venv"), check=True)
    python = folder / "venv/bin/python"
    subprocess.run(
        (uv, "pip", "install", "-q", "--python", python, request.param, "setuptools<81"), check=True
    )
    return folder / "venv/bin/gunicorn"


@pytest.fixture
def server(gunicorn: Path, tmp_path: Path) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    lay_kit(tmp_path)
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


def called(port: int, seconds: float) -> str:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=seconds).close()
    except OSError as error:
        return type(error).__name__
    return "let in"


class Master:
    """What gunicorn's arbiter has."""

    systemd, reexec_pid, master_pid = False, 0, 0

    def __init__(self, listening: socket.socket) -> None:
        self.LISTENERS = [SimpleNamespace(sock=listening)]

    def stop(self, graceful: bool = True) -> str:
        return "stopped"


class Listener:
    """gunicorn's, in a worker that is set aside right before it closes: `met` is what a caller meets then."""

    def __init__(self, listening: socket.socket) -> None:
        self.sock = listening
        self.met = ""

    def fileno(self) -> int:
        return self.sock.fileno()

    def close(self) -> None:
        self.met = called(self.sock.getsockname()[1], 0.3)
        self.sock.close()


def ended(listening: socket.socket, **master: object) -> tuple[str, int]:
    """What a caller meets right before the last close, and how many connections were taken, after two had
    waited."""
    waiting = [socket.create_connection(listening.getsockname()) for _ in range(2)]
    server, listener, taken = Master(listening), Listener(listening), list[socket.socket]()
    vars(server).update(master)
    draining.attend(server)
    assert server.stop(graceful=True) == "stopped"
    draining.take_what_waits(lambda one: taken.append(one.sock.accept()[0]), listener)
    for one in (*waiting, *taken):
        one.close()
    return listener.met, len(taken)


@pytest.mark.skipif(sys.platform != "linux", reason="the queue's limit is told by Linux")
def test_nobody_is_let_in_between_the_last_look_and_the_close() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert ended(listening) == ("TimeoutError", 2)


@pytest.mark.parametrize("elsewhere", [{"systemd": True}, {"reexec_pid": 7}, {"master_pid": 7}])
def test_a_socket_that_somebody_else_serves_on_stays_open(elsewhere: dict[str, object]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert ended(listening, **elsewhere) == ("let in", 2)


@pytest.mark.skipif(sys.platform != "linux", reason="the queue's limit is told by Linux")
def test_who_called_in_vain_meets_a_closed_port_a_second_later() -> None:
    late: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.listen(0)
        assert draining.has_one_place(listening) and draining.takes_the_place(listening)
        calling = threading.Thread(target=lambda: late.append(called(listening.getsockname()[1], 10)))
        calling.start()
        time.sleep(0.3)
    calling.join()
    assert late == ["ConnectionRefusedError"]
