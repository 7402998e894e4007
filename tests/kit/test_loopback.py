"""Doors on the loopback, and the program that they are opened for."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from tests.kit.conftest import free_port
from tests.lacks import require_address

from okamochi.kit import loopback

DOORS = Path(loopback.__file__)
SECONDS = 10.0


@pytest.fixture
def service() -> Iterator[int]:
    """Says back what it hears, and "end" when its client has no more to say."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def talk(link: socket.socket) -> None:
            with link, suppress(OSError):
                while data := link.recv(65536):
                    link.sendall(data)
                link.sendall(b"end")

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=talk, args=(listening.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()[1]


class Started:
    def __init__(self, environ: Mapping[str, str], program: tuple[str, ...] = ("sleep", "60")) -> None:
        self.process = subprocess.Popen(
            (sys.executable, "-I", "-S", DOORS, "--", *program),
            env={**os.environ, **environ},
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.said = ""

    def __enter__(self) -> "Started":
        return self

    def __exit__(self, *_: object) -> None:
        for pid in (*self.keepers(), *(one for keeper in self.keepers() for one in children(keeper))):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.kill()
        self.said = self.process.communicate()[1]

    def keepers(self) -> list[int]:
        return children(self.process.pid)


def children(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def linked(address: str, port: int) -> socket.socket:
    """Once the door is open."""
    ends = time.monotonic() + SECONDS
    while True:
        try:
            return socket.create_connection((address, port), timeout=SECONDS)
        except ConnectionRefusedError:
            assert time.monotonic() < ends
            time.sleep(0.05)


def heard(link: socket.socket) -> bytes:
    """What comes back for "bowl" and the end of it."""
    with link:
        link.sendall(b"bowl")
        link.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: link.recv(100), b""))


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_what_is_said_at_the_door_is_said_to_the_service_until_both_have_ended(
    service: int, address: str
) -> None:
    require_address(address)
    port = free_port()
    with Started({f"OKAMOCHI_LOOPBACK_{port}": f"localhost:{service}"}):
        assert heard(linked(address, port)) == b"bowlend"


def test_much_is_passed_on_whole_while_the_reader_is_slow(service: int) -> None:
    port, size = free_port(), 20_000_000
    with Started({f"OKAMOCHI_LOOPBACK_{port}": f"127.0.0.1:{service}"}), linked("127.0.0.1", port) as link:
        sender = threading.Thread(target=link.sendall, args=(b"x" * size,))
        sender.start()
        time.sleep(0.3)
        found = 0
        while found < size:
            found += len(link.recv(1_000_000))
        sender.join()


def test_a_door_is_open_to_nobody_but_the_loopback(service: int) -> None:
    port = free_port()
    with Started({f"OKAMOCHI_LOOPBACK_{port}": f"127.0.0.1:{service}"}):
        linked("127.0.0.1", port).close()
        # another address of this machine, as a network card has one
        with socket.socket() as other, pytest.raises(ConnectionRefusedError):
            other.connect(("127.0.0.2", port))


def test_a_service_that_is_away_breaks_the_connection_and_is_told_once_and_when_it_is_back_all_is_well() -> (
    None
):
    port, away = free_port(), free_port()
    with Started({f"OKAMOCHI_LOOPBACK_{port}": f"127.0.0.1:{away}"}) as started:
        for _ in range(3):
            # it may be broken before the caller knows that it stood
            with pytest.raises(ConnectionResetError), linked("127.0.0.1", port) as link:
                link.recv(1)
        with socket.create_server(("127.0.0.1", away)) as back, linked("127.0.0.1", port) as link:
            far, _ = back.accept()
            far.sendall(b"there")
            assert link.recv(5) == b"there"
            far.close()
    assert started.said.count(f"127.0.0.1:{port} -> 127.0.0.1:{away}: Connection refused") == 1


def test_the_program_takes_the_place_of_what_opened_the_doors() -> None:
    told = f"OKAMOCHI_LOOPBACK_{free_port()}"
    program = (sys.executable, "-c", "import os; print(os.getpid(), flush=True); os._exit(7)")
    with Started({told: "db:5432"}, program) as started:
        assert started.process.stdout is not None
        assert int(started.process.stdout.readline()) == started.process.pid
        assert started.process.wait(SECONDS) == 7


def test_the_doors_are_served_again_when_what_serves_them_is_killed(service: int) -> None:
    port = free_port()
    with Started({f"OKAMOCHI_LOOPBACK_{port}": f"127.0.0.1:{service}"}) as started:
        assert heard(linked("127.0.0.1", port)) == b"bowlend"
        (keeper,) = started.keepers()
        (serving,) = children(keeper)
        os.kill(serving, signal.SIGKILL)
        assert heard(linked("127.0.0.1", port)) == b"bowlend"  # it waited at the door
        assert children(keeper) not in ([serving], [])


def test_the_doors_outlast_a_signal_to_their_group_and_end_with_the_program(service: int) -> None:
    port = free_port()
    with Started({f"OKAMOCHI_LOOPBACK_{port}": f"127.0.0.1:{service}"}) as started:
        assert heard(linked("127.0.0.1", port)) == b"bowlend"
        (keeper,) = started.keepers()
        os.kill(keeper, signal.SIGTERM)
        assert os.getsid(keeper) != os.getsid(started.process.pid)
        assert heard(linked("127.0.0.1", port)) == b"bowlend"
        started.process.kill()
        started.process.wait()
        ends = time.monotonic() + SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=SECONDS).close()
            except ConnectionRefusedError:
                return
            assert time.monotonic() < ends
            time.sleep(0.2)


def test_a_port_that_something_listens_on_is_left_to_it(service: int) -> None:
    with Started({f"OKAMOCHI_LOOPBACK_{service}": "db:5432"}, ("true",)) as started:
        assert started.process.wait(SECONDS) == 0
        assert heard(linked("127.0.0.1", service)) == b"bowlend"


def test_a_client_of_mysql_finds_a_socket_even_where_an_old_one_was_left(
    service: int, tmp_path: Path
) -> None:
    path = tmp_path / "mysqld.sock"
    path.touch()
    environ = {"OKAMOCHI_LOOPBACK_3306": f"127.0.0.1:{service}", "MYSQL_UNIX_PORT": str(path)}
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", 3306)) == 0:
            pytest.skip("this machine has a MySQL of its own")
    with Started(environ):
        linked("127.0.0.1", 3306).close()
        link = socket.socket(socket.AF_UNIX)
        link.settimeout(SECONDS)
        link.connect(str(path))
        assert heard(link) == b"bowlend"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("5432", "db"),
        ("5432", "db:"),
        ("5432", ":5432"),
        ("5432", "db:70000"),
        ("DB", "db:5432"),
        ("", "a:1"),
    ],
)
def test_a_variable_that_says_nothing_of_use_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(loopback.DoorError, match=f"OKAMOCHI_LOOPBACK_{name}={value}"):
        loopback.doors_of({f"OKAMOCHI_LOOPBACK_{name}": value})


def test_an_empty_variable_opens_nothing_and_an_address_of_ipv6_may_stand_in_brackets() -> None:
    environ = {"OKAMOCHI_LOOPBACK_5432": " ", "OKAMOCHI_LOOPBACK_6379": "[fd00::5]:6380", "OTHER": "x"}
    (door,) = loopback.doors_of(environ)
    assert (door.port, door.host, door.far_port) == (6379, "fd00::5", 6380)


def test_without_a_program_it_is_told_how_to_use_it() -> None:
    done = subprocess.run((sys.executable, DOORS, "--"), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "usage: loopback.py" in done.stderr


def test_a_program_that_is_not_there_is_told_with_the_exit_code_of_shells() -> None:
    done = subprocess.run((sys.executable, DOORS, "--", "/none"), capture_output=True, text=True, check=False)
    assert done.returncode == 127
    assert "cannot run /none" in done.stderr
