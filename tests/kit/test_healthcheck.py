import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from okamochi.kit import healthcheck


@contextmanager
def server(answer: bytes, seen: list[bytes], *, delay_seconds: float = 0) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    seen.append(connection.recv(4096))
                    time.sleep(delay_seconds)
                    connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


def environment(port: int, path: str = "/healthz") -> dict[str, str]:
    return {"PORT": str(port), "OKAMOCHI_HEALTH_PATH": path, "OKAMOCHI_HEALTH_HOST": "shop.example"}


@pytest.mark.parametrize(
    ("status", "healthy"), [(200, True), (204, True), (302, True), (400, False), (404, False), (503, False)]
)
def test_below_400_is_healthy(status: int, healthy: bool) -> None:
    seen: list[bytes] = []
    with server(b"HTTP/1.1 %d X\r\nLocation: /login\r\n\r\n" % status, seen) as port:
        assert healthcheck.main(environment(port)) == (healthy, f"GET /healthz answered {status}")


def test_the_request_names_host_and_user_agent() -> None:
    seen: list[bytes] = []
    with server(b"HTTP/1.0 200 OK\r\n\r\n", seen) as port:
        healthcheck.main(environment(port))
    assert seen[0].startswith(b"GET /healthz HTTP/1.1\r\nHost: shop.example\r\n")
    assert b"User-Agent: okamochi-healthcheck\r\n" in seen[0]


@pytest.mark.parametrize("status", [200, 404, 405, 501, 503])
def test_without_a_path_any_http_answer_is_enough(status: int) -> None:
    seen: list[bytes] = []
    with server(b"HTTP/1.1 %d X\r\n\r\n" % status, seen) as port:
        told = healthcheck.main(environment(port, path=""))
    assert told == (True, f"port {port} answers HTTP (HEAD / answered {status})")
    assert seen[0].startswith(b"HEAD / HTTP/1.1\r\n")


@pytest.mark.parametrize("answer", [b"", b"220 mail.example ESMTP\r\n"])
def test_without_a_path_what_is_no_http_is_unhealthy(answer: bytes) -> None:
    with server(answer, []) as port:
        assert healthcheck.main(environment(port, path="")) == (False, f"port {port} does not answer HTTP")


def test_connections_that_only_the_kernel_accepts_are_no_health(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(healthcheck, "SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        told = healthcheck.main(environment(port, path=""))
    assert told == (False, f"no HTTP answer from port {port} within 0 s")


def test_what_is_no_http_is_unhealthy() -> None:
    with server(b"220 mail.example ESMTP\r\n", []) as port:
        assert healthcheck.main(environment(port)) == (False, f"port {port} does not answer HTTP")


def test_nobody_listening_is_unhealthy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert healthcheck.main(environment(port)) == (False, f"port {port}: Connection refused")


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(healthcheck, "SECONDS", 0.2)
    with server(b"", [], delay_seconds=3) as port:
        healthy, reason = healthcheck.main(environment(port))
    assert not healthy
    assert "no HTTP answer" in reason


def test_a_server_that_answers_byte_by_byte_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(healthcheck, "SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def dribble() -> None:
            with suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    for _ in range(50):
                        connection.sendall(b"H")
                        time.sleep(0.05)

        threading.Thread(target=dribble, daemon=True).start()
        port, begin = listener.getsockname()[1], time.monotonic()
        told = healthcheck.main(environment(port))
    assert told == (False, f"no HTTP answer from port {port} within 0 s")
    assert time.monotonic() - begin < 2


def test_a_port_that_is_none_is_said() -> None:
    assert healthcheck.main({"PORT": "http"}) == (False, "PORT=http is no port")


def test_as_a_program_it_exits_with_1_and_one_line() -> None:
    program = (sys.executable, "-I", "-S", healthcheck.__file__)
    completed = subprocess.run(program, env={"PORT": "1"}, capture_output=True, text=True, check=False)
    assert (completed.returncode, completed.stderr) == (1, "")
    assert completed.stdout == "port 1: Connection refused\n"
