"""Requests are counted as what they were: answered, broken, refused."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from okamochi.run.observation.traffic import ask_many, asking


class Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/cut":
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(500 if self.path == "/fail" else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[tuple[str, int]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield ("127.0.0.1", server.server_address[1])
    server.shutdown()
    server.server_close()


def test_every_request_is_counted_once(address: tuple[str, int]) -> None:
    traffic = ask_many(address, "/", "", count=40, at_once=8)
    assert (traffic.answers, traffic.broken, traffic.refused) == (((200, 40),), 0, 0)
    assert ask_many(address, "/fail", "", count=3, at_once=2).failing == 3


def test_a_connection_that_gives_no_answer_is_broken(address: tuple[str, int]) -> None:
    traffic = ask_many(address, "/cut", "", count=5, at_once=2)
    assert (traffic.answered, traffic.broken, traffic.refused) == (0, 5, 0)


def test_a_port_where_nobody_listens_refuses() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    traffic = ask_many(("127.0.0.1", port), "/", "", count=4, at_once=4)
    assert (traffic.answered, traffic.broken, traffic.refused) == (0, 0, 4)


def test_requests_end_with_the_block(address: tuple[str, int]) -> None:
    before = threading.active_count()
    with asking(address, "/", "", at_once=3) as asked:
        while asked.traffic.answered < 10:
            pass
    assert asked.traffic.broken == 0
    assert threading.active_count() <= before + 1  # the server's own may still end
