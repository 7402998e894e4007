"""A real web server on the loopback interface whose answers a test writes down, faults included."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass(frozen=True)
class Fault:
    """What goes wrong in one answer: another status, a cut after so many bytes, a pause in the middle; or it
    comes byte by byte, `trickle_seconds` apart, its head too where `from_the_head`."""

    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    cut_after_bytes: int | None = None
    pause_seconds: float = 0
    chunked: bool = False
    trickle_seconds: float = 0
    from_the_head: bool = False


@dataclass
class Served:
    """Paths with their content, the faults of the next answers in turn, and the requests that came."""

    content: dict[str, bytes]
    faults: list[Fault] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    ranges: bool = True
    etag: str = '"one"'
    url: str = ""


def handler_of(served: Served) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            served.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            fault = served.faults.pop(0) if served.faults else Fault()
            if fault.from_the_head:
                self.trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", fault.trickle_seconds)
                return
            path = self.path.split("://", 1)[-1].partition("/")[2] if "://" in self.path else self.path[1:]
            content = served.content.get(path)
            if fault.status or content is None:
                self.refuse(fault.status or 404, fault)
                return
            self.answer(content, fault)

        def refuse(self, status: int, fault: Fault) -> None:
            self.send_response(status)
            for name, value in fault.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def answer(self, content: bytes, fault: Fault) -> None:
            start = self.start_byte(len(content))
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            if served.etag:
                self.send_header("ETag", served.etag)
            for name, value in fault.headers:
                self.send_header(name, value)
            body = content[start:]
            if fault.chunked:
                self.send_header("Transfer-Encoding", "chunked")
            elif not any(name == "Content-Length" for name, _ in fault.headers):
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.send(body, fault)

        def start_byte(self, length: int) -> int:
            asked = self.headers.get("Range", "")
            condition = self.headers.get("If-Range", served.etag)
            if not served.ranges or not asked or condition != served.etag:
                return 0
            return min(int(asked.removeprefix("bytes=").rstrip("-")), length - 1)

        def send(self, body: bytes, fault: Fault) -> None:
            if fault.trickle_seconds:
                self.trickle(body, fault.trickle_seconds)
                return
            half = body[: fault.cut_after_bytes if fault.cut_after_bytes is not None else len(body) // 2]
            self.put(half, fault)
            if fault.pause_seconds:
                self.wfile.flush()
                time.sleep(fault.pause_seconds)
            if fault.cut_after_bytes is not None:
                self.close_connection = True
                return
            self.put(body[len(half) :], fault)
            if fault.chunked:
                self.wfile.write(b"0\r\n\r\n")

        def trickle(self, content: bytes, seconds: float) -> None:
            for place in range(len(content)):
                self.wfile.write(content[place : place + 1])
                self.wfile.flush()
                time.sleep(seconds)

        def put(self, part: bytes, fault: Fault) -> None:
            if fault.chunked and part:
                self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
            else:
                self.wfile.write(part)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Answering


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle is what many of these tests are about."""


@contextmanager
def serving(served: Served, *, certificate: Path | None = None, key: Path | None = None) -> Iterator[Served]:
    """Serve on a free port until the end of the block; over TLS with a certificate for "localhost"."""
    server = QuietServer(("127.0.0.1", 0), handler_of(served))
    scheme, host = "http", "127.0.0.1"
    if certificate is not None:
        import ssl

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme, host = "https", "localhost"
    served.url = f"{scheme}://{host}:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
