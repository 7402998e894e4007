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

from okamochi.kit import draining, kit_files

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
    """What gunicorn's arbiter has; `stop` notes what a caller meets in that moment."""

    systemd, reexec_pid, master_pid = False, 0, 0

    def __init__(self, listening: socket.socket) -> None:
        self.LISTENERS = [SimpleNamespace(sock=listening)]
        self.port = listening.getsockname()[1]
        self.met: list[str] = []

    def stop(self, graceful: bool = True) -> str:
        self.met.append(called(self.port, 0.3))
        return "stopped"


@pytest.mark.skipif(sys.platform != "linux", reason="the filter is Linux's")
def test_a_master_that_stops_lets_nobody_in_whom_a_worker_would_have_to_reset() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        waiting = socket.create_connection(listening.getsockname())
        master = Master(listening)
        draining.attend(master)
        assert (master.stop(graceful=True), master.met) == ("stopped", ["TimeoutError"])
        listening.settimeout(5)
        accepted, _ = listening.accept()  # who was let in before stays
        waiting.sendall(b"x")
        assert accepted.recv(1) == b"x"
        accepted.close()
        waiting.close()
        late: list[str] = []
        calling = threading.Thread(target=lambda: late.append(called(master.port, 10)))
        calling.start()
        time.sleep(0.2)
    calling.join()
    assert late == ["ConnectionRefusedError"]  # asked again after a second


@pytest.mark.parametrize("elsewhere", [{"systemd": True}, {"reexec_pid": 7}, {"master_pid": 7}])
def test_a_socket_that_somebody_else_serves_on_stays_open(elsewhere: dict[str, object]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        master = Master(listening)
        vars(master).update(elsewhere)
        draining.attend(master)
        master.stop()
        assert master.met == ["let in"]


def test_a_call_that_was_under_way_is_taken_before_the_close() -> None:
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listener = SimpleNamespace(sock=listening, fileno=listening.fileno, close=listening.close)
        worker = SimpleNamespace(accept=lambda one: taken.append(one.sock.accept()[0]))
        late = threading.Timer(0.02, called, (listening.getsockname()[1], 1))
        late.start()
        draining.take_what_waits(worker, listener)
        late.join()
    assert len(taken) == 1
    taken[0].close()
