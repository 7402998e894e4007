"""Debian's docker-registry on the loopback interface, and a gate before it that counts what comes in."""

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

PROGRAM = shutil.which("docker-registry") or shutil.which("registry")
TRIES = 3
USER, PASSWORD = "cook", "noodles"
# bcrypt of PASSWORD, as htpasswd -nbB writes it
HTPASSWD = f"{USER}:$2b$05$abcdefghijklmnopqrstuuvp3YHRG4lc4OdaZ89fD1neGNXFLr5Fy\n"
CONFIG = """\
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: "{folder}/storage"}}, delete: {{enabled: true}}}}
http:
  addr: 127.0.0.1:{port}
  secret: only-for-tests
"""
TLS = '  tls: {{certificate: "{certificate}", key: "{key}"}}\n'
AUTH = 'auth: {{htpasswd: {{realm: tests, path: "{folder}/htpasswd"}}}}\n'


@dataclass(frozen=True)
class Served:
    """`host` is host:port, as references name it."""

    host: str
    folder: Path


@contextmanager
def registry(
    folder: Path, *, certificate: tuple[Path, Path] | None = None, auth: bool = False
) -> Iterator[Served]:
    """A registry of its own, until the end of the block."""
    assert PROGRAM is not None
    folder.mkdir(parents=True, exist_ok=True)
    more = ""
    if certificate is not None:
        more += TLS.format(certificate=certificate[0], key=certificate[1])
    if auth:
        (folder / "htpasswd").write_text(HTPASSWD)
        more += AUTH.format(folder=folder)
    port, process = started(folder, more)
    try:
        yield Served(f"{'localhost' if certificate else '127.0.0.1'}:{port}", folder)
    finally:
        process.kill()
        process.wait()


def started(folder: Path, more: str) -> tuple[int, subprocess.Popen[bytes]]:
    """On a port that was free a moment ago; on another one when somebody took it meanwhile."""
    for _ in range(TRIES):
        port = free_port()
        (folder / "config.yml").write_text(CONFIG.format(folder=folder, port=port) + more)
        argv = (str(PROGRAM), "serve", os.fspath(folder / "config.yml"))
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(argv, stdout=log, stderr=log, env={"HOME": "/tmp"})
        if answers(port, process):
            return port, process
        process.kill()
        process.wait()
    raise AssertionError((folder / "log").read_text())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int, process: subprocess.Popen[bytes]) -> bool:
    """False when the program has ended; it has a minute, since the machine may be busy."""
    for _ in range(1200):
        if process.poll() is not None:
            return False
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return process.poll() is None
        time.sleep(0.05)
    return False


def test_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost that is its own CA, and its key."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        (
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
            ),
            *("-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
        ),
        check=True,
        capture_output=True,
    )
    return certificate, key


test_certificate.__test__ = False  # type: ignore[attr-defined]


@dataclass
class Gate:
    """Passes connections on to a server, and counts the bytes that clients send."""

    host: str
    received_bytes: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, length: int) -> None:
        with self.lock:
            self.received_bytes += length


@contextmanager
def counted(served: Served) -> Iterator[Gate]:
    """A gate before the registry; references through it name its own port."""
    listener = socket.create_server(("127.0.0.1", 0))
    gate = Gate(f"127.0.0.1:{listener.getsockname()[1]}")
    target = ("127.0.0.1", int(served.host.rpartition(":")[2]))

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            server = socket.create_connection(target)
            threading.Thread(target=pump, args=(client, server, gate.count), daemon=True).start()
            threading.Thread(target=pump, args=(server, client, lambda _: None), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield gate
    finally:
        listener.close()


def pump(source: socket.socket, to: socket.socket, count: object) -> None:
    assert callable(count)
    with suppress(OSError):
        while piece := source.recv(65536):
            count(len(piece))
            to.sendall(piece)
    with suppress(OSError):
        to.shutdown(socket.SHUT_WR)
