"""A registry in memory that does wrong on request: the end points of distribution-spec, and faults."""

import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass
class Fault:
    """For the next `times` requests of this method whose path has `part` in it. `read_bytes` of the body are
    taken before the connection is cut; `content` replaces what would be answered."""

    method: str
    part: str
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    times: int = 1
    read_bytes: int | None = None
    cut_after_bytes: int | None = None
    content: bytes | None = None
    pause_seconds: float = 0


@dataclass
class FakeRegistry:
    """`token` is what requests must carry, "" for none; `basic` what the token server must be shown, `forms`
    what it was sent."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    uploads: dict[str, bytearray] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    token: str = ""
    basic: str = ""
    forms: list[dict[str, list[str]]] = field(default_factory=list)
    largest_body: int = 10**9
    subjects: bool = False
    host: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fault_for(self, method: str, path: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.method == method and fault.part in path and fault.times > 0:
                    fault.times -= 1
                    return fault
        return None

    def asked(self, method: str, part: str = "") -> list[tuple[str, dict[str, str]]]:
        return [(path, headers) for verb, path, headers in self.requests if verb == method and part in path]

    def put(self, content: bytes) -> str:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        self.blobs[digest] = content
        return digest


@contextmanager
def fake_registry() -> Iterator[FakeRegistry]:
    fake = FakeRegistry()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(fake))
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    fake.host = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def handler_of(fake: FakeRegistry) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def begin(self) -> bool:
            """False when the request has been dealt with: by a fault, or by asking for a token."""
            headers = {name.lower(): value for name, value in self.headers.items()}
            fake.requests.append((self.command, self.path, headers))
            self.fault = fake.fault_for(self.command, self.path)
            if self.fault is not None and self.fault.pause_seconds:
                time.sleep(self.fault.pause_seconds)
            if self.fault is not None and self.fault.status:
                self.read_body()
                self.answer(self.fault.status, self.fault.body, *self.fault.headers)
                return False
            if (
                fake.token
                and self.path.startswith("/v2/")
                and headers.get("authorization") != f"Bearer {fake.token}"
            ):
                self.read_body()
                challenge = f'Bearer realm="http://{fake.host}/token",service="fake",scope="ignored"'
                self.answer(401, b"{}", ("WWW-Authenticate", challenge))
                return False
            return True

        def read_body(self) -> bytes:
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            if not self.begin():
                return
            parts = urlsplit(self.path)
            if parts.path == "/token":
                self.give_token()
            elif parts.path == "/v2/":
                self.answer(200, b"{}")
            elif (found := re.search(r"/blobs/(sha256:\w+)$", parts.path)) is not None:
                self.give(fake.blobs.get(found[1]), "application/octet-stream")
            elif (found := re.search(r"/blobs/uploads/(\w+)$", parts.path)) is not None:
                upload = fake.uploads.get(found[1])
                if upload is None:
                    self.answer(404, error("BLOB_UPLOAD_UNKNOWN"))
                else:
                    self.answer(204, b"", ("Location", parts.path), ("Range", f"0-{max(0, len(upload) - 1)}"))
            else:
                name = parts.path.rpartition("/")[2]
                media_type, content = fake.manifests.get(name, ("", None))  # type: ignore[assignment]
                self.give(content, media_type)

        def give_token(self) -> None:
            if fake.basic and self.headers.get("Authorization") != fake.basic:
                self.answer(401, b"{}")
            else:
                self.answer(200, json.dumps({"token": fake.token}).encode())

        def give(self, content: bytes | None, media_type: str) -> None:
            if content is None:
                self.answer(404, error("MANIFEST_UNKNOWN"))
                return
            if self.fault is not None and self.fault.content is not None:
                content = self.fault.content
            start = 0
            if self.headers.get("Range"):
                start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-"))
            extra = [("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")] if start else []
            self.answer(206 if start else 200, content[start:], ("Content-Type", media_type), *extra)

        def do_POST(self) -> None:
            if not self.begin():
                return
            body = self.read_body()
            if self.path == "/token":
                fake.forms.append(parse_qs(body.decode()))
                self.give_token()
                return
            query = parse_qs(urlsplit(self.path).query)
            if query.get("mount", [""])[0] in fake.blobs:
                self.answer(201, b"", ("Location", "/v2/x"))
                return
            with fake.lock:
                name = f"upload{len(fake.uploads)}"
                fake.uploads[name] = bytearray()
            self.answer(202, b"", ("Location", f"{urlsplit(self.path).path}{name}?state=1"))

        def do_PATCH(self) -> None:
            length = int(self.headers["Content-Length"])
            if length > fake.largest_body:
                fake.faults.append(Fault("PATCH", "", status=413))
            upload = fake.uploads.get(urlsplit(self.path).path.rpartition("/")[2])
            if not self.begin():
                return
            if upload is None:
                self.answer(404, error("BLOB_UPLOAD_UNKNOWN"))
                return
            start = int(self.headers.get("Content-Range", "0-").partition("-")[0])
            if start != len(upload):
                self.read_body()
                self.answer(416, b"")
                return
            if self.fault is not None and self.fault.read_bytes is not None:
                upload += self.rfile.read(self.fault.read_bytes)
                self.close_connection = True
                self.connection.close()
                return
            upload += self.read_body()
            self.answer(202, b"", ("Location", self.path), ("Range", f"0-{len(upload) - 1}"))

        def do_PUT(self) -> None:
            if not self.begin():
                return
            body = self.read_body()
            parts = urlsplit(self.path)
            if "/blobs/uploads/" in parts.path:
                content = bytes(fake.uploads.pop(parts.path.rpartition("/")[2], b"")) + body
                wanted = parse_qs(parts.query)["digest"][0]
                if f"sha256:{hashlib.sha256(content).hexdigest()}" != wanted:
                    self.answer(400, error("DIGEST_INVALID"))
                    return
                fake.put(content)
                self.answer(201, b"", ("Docker-Content-Digest", wanted))
                return
            digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
            for name in (parts.path.rpartition("/")[2], digest):
                fake.manifests[name] = (self.headers["Content-Type"], body)
            subject = json.loads(body).get("subject") if fake.subjects else None
            extra = [("OCI-Subject", subject["digest"])] if subject else []
            self.answer(201, b"", ("Docker-Content-Digest", digest), *extra)

        def answer(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            cut = self.fault.cut_after_bytes if self.fault is not None else None
            if self.command != "HEAD":
                self.wfile.write(body if cut is None else body[:cut])
            if cut is not None:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Answering


def error(code: str) -> bytes:
    return json.dumps({"errors": [{"code": code, "message": code.lower().replace("_", " ")}]}).encode()
