"""Programs to which a server sends a byte from time to time are ended; others are waited for."""

import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from okamochi.errors import TransientRegistryError
from okamochi.system.received_bytes import received_bytes
from okamochi.system.subprocess_runner import SubprocessRunner

WINDOW_SECONDS = 0.6
READS = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as server:
    while server.recv(1 << 16):
        pass
"""
COMPUTES = """
import socket, sys, time
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as server:
    end = time.monotonic() + 3
    while time.monotonic() < end:
        pass
"""


@contextmanager
def sending(size_bytes: int, *, every_seconds: float, for_seconds: float = 4) -> Iterator[int]:
    """A server that sends so much from time to time, and closes then."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                end = time.monotonic() + for_seconds
                while time.monotonic() < end:
                    try:
                        connection.sendall(b"x" * size_bytes)
                    except OSError:
                        return
                    time.sleep(every_seconds)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


def run(port: int, program: str = READS) -> int:
    runner = SubprocessRunner(trickle_window_seconds=WINDOW_SECONDS)
    argv = (sys.executable, "-c", program, str(port))
    return runner.run(argv, ends_trickle=True, timeout_seconds=60).returncode


@contextmanager
def connected() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        connection, _ = server.accept()
        with connection:
            yield client, connection


@pytest.fixture(autouse=True)
def _counted() -> None:
    with connected():
        if not received_bytes(os.getpid()):
            pytest.skip("this machine does not tell what connections receive")


def test_what_was_received_is_counted_by_connection() -> None:
    with connected() as (client, other):
        other.sendall(b"x" * 12_345)
        while len(client.recv(1 << 16, socket.MSG_PEEK)) < 12_345:
            pass
        inode = os.fstat(client.fileno()).st_ino
        assert received_bytes(os.getpid())[inode] == 12_345


def test_a_program_that_receives_a_byte_from_time_to_time_is_ended() -> None:
    with (
        sending(1, every_seconds=0.05, for_seconds=30) as port,
        pytest.raises(TransientRegistryError) as raised,
    ):
        run(port)
    assert raised.value.exit_code == 75
    assert "less than 1,000 bytes a second" in raised.value.message and "mirror" in raised.value.hint


def test_a_slow_line_and_a_silent_one_are_waited_for() -> None:
    with sending(200, every_seconds=0.05) as port:
        assert run(port) == 0
    with sending(1, every_seconds=4) as port:
        assert run(port) == 0


def test_a_program_that_computes_is_waited_for() -> None:
    with sending(1, every_seconds=0.05) as port:
        assert run(port, COMPUTES) == 0


def test_a_program_without_connections_is_waited_for() -> None:
    assert run(0, "import time\ntime.sleep(3)\n") == 0
