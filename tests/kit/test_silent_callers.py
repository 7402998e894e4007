"""Who connects ahead of what is to be asked, and says nothing: browsers, load balancers, or on purpose."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from tests.kit.conftest import free_port

pytestmark = pytest.mark.network

SILENT = 48
LOG = "out"


@pytest.fixture
def server(gunicorn: Path, folder: Path) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    port = free_port()
    variables = {"PORT": str(port), "OKAMOCHI_BIND_ADDRESS": "127.0.0.1", "WEB_CONCURRENCY": "1"}
    argv = (gunicorn, "--config", folder / "kit" / "gunicorn.conf.py", "wsgi:application")
    environ = {"PATH": os.environ["PATH"], **variables}
    with (folder / LOG).open("wb") as out:
        process = subprocess.Popen(argv, cwd=folder, env=environ, stdout=out, stderr=out)
    try:
        for _ in range(600):
            with suppress(OSError):
                asked(port)
                break
            time.sleep(0.1)
        yield process, port
    finally:
        process.kill()
        process.wait(10)


def asked(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as caller:
        caller.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return caller.recv(15)


def test_who_says_nothing_keeps_nobody_waiting(server: tuple["subprocess.Popen[bytes]", int]) -> None:
    """In four threads, each silent for 5 s, they would for a minute."""
    _, port = server
    with ExitStack() as silent:
        callers = [silent.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(SILENT)]
        time.sleep(0.5)
        begun = time.monotonic()
        assert asked(port) == b"HTTP/1.1 200 OK"
        assert time.monotonic() - begun < 15
        callers[0].settimeout(60)
        callers[0].sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert callers[0].recv(15) == b"HTTP/1.1 200 OK"


def test_a_stop_waits_for_who_says_nothing_a_moment_only(
    server: tuple["subprocess.Popen[bytes]", int],
) -> None:
    process, port = server
    with socket.create_connection(("127.0.0.1", port)):
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
