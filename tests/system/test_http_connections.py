"""Many connections to one server ask the name service once."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from msgspec.structs import replace

from okamochi.errors import TransientRegistryError
from okamochi.system import http_connections
from okamochi.system.http import TRIES, UrllibTransport
from okamochi.system.http_exchange import local_hint
from okamochi.system.once import Once

from .faulty_server import Served, serving

NAME = "mirror.test"
Found = list[tuple[Any, Any, int, str, tuple[str, int]]]


@pytest.fixture
def server() -> Iterator[Served]:
    with serving(Served({"file": b"content"})) as served:
        served.url = served.url.replace("127.0.0.1", NAME)
        yield served


class Names:
    """Stands in for the name service: counts what it is asked, and answers with `addresses`."""

    def __init__(self, *addresses: str, lost: int = 0) -> None:
        self.addresses = addresses
        self.lost = lost
        self.asked = 0
        self.real = socket.getaddrinfo
        self.ended = threading.Event()

    def __call__(self, host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        if host != NAME:
            return self.real(host, port, *rest, **named)
        self.asked += 1
        if self.asked <= self.lost:
            self.ended.wait(30)
        if not self.addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [found for one in self.addresses for found in self.real(one, port, *rest, **named)]


def use(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", names)
    monkeypatch.setattr(http_connections, "KNOWN_SECONDS", 10**9)


def transport(once: Once | None = None) -> UrllibTransport:
    made = UrllibTransport.of({}, connect_seconds=5, read_seconds=5, once=once)
    return UrllibTransport(made.exchange, retry=replace(TRIES, sleep=lambda _: None))


def get(server: Served, by: UrllibTransport) -> bytes:
    return by.get(f"{server.url}/file", limit_bytes=100)


def test_connections_at_once_share_one_question(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names("127.0.0.1")
    use(names, monkeypatch)
    shared = Once()
    one, other = transport(shared), transport(shared)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda place: get(server, (one, other)[place % 2]), range(16)))
    assert found == [b"content"] * 16
    assert names.asked == 1
    get(server, transport())  # which shares nothing with them
    assert names.asked == 2


def test_the_server_is_called_by_its_name(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    use(Names("127.0.0.1"), monkeypatch)
    get(server, transport())
    assert server.requests[0][1]["host"].startswith(f"{NAME}:")


def test_an_address_that_does_not_answer_is_passed_over(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(Names("127.0.0.2", "127.0.0.1"), monkeypatch)
    assert get(server, transport()) == b"content"


def test_a_name_that_is_not_known_is_asked_for_again_at_the_next_try(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Names()
    use(names, monkeypatch)
    with pytest.raises(TransientRegistryError, match="the name of the server is not known here"):
        get(server, transport())
    assert names.asked == 4


def test_a_question_without_an_answer_is_asked_again(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names("127.0.0.1", lost=2)
    use(names, monkeypatch)
    monkeypatch.setattr(http_connections, "PATIENCE_SECONDS", (0.01, 0.01, 30))
    try:
        assert get(server, transport()) == b"content"
    finally:
        names.ended.set()
    assert names.asked == 3


def test_a_server_on_this_machine_that_is_not_there_is_no_matter_of_the_network() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{unused.getsockname()[1]}"
    assert local_hint(f"http://{place}/v2/") == f"nothing listens on {place}: start it, or name another"
    assert local_hint("https://registry.test/v2/") == ""
