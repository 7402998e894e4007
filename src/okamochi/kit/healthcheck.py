"""Is the app healthy? Exit code 0 or 1, and one line that says why; python -I -S healthcheck.py.

PORT: where it listens (8000). OKAMOCHI_HEALTH_PATH: the path of a GET that must answer below 400; empty:
HEAD / must get an HTTP answer, whatever its status (the kernel accepts connections for a server that hangs).
OKAMOCHI_HEALTH_HOST: the Host header. Redirects are not followed.
OKAMOCHI_HEARTBEAT_FILE: a worker's; it must not be older than OKAMOCHI_HEARTBEAT_SECONDS, and nothing else is
asked. OKAMOCHI_SCHEMA_OF: the command that migrates; while the database is behind it, the app is not ready.
"""

# pathlib would double the time of the imports:
# ruff: noqa: PTH100, PTH108, PTH116, PTH118, PTH120, PTH123

from __future__ import annotations

import os
import sys
import time
from _socket import socket  # the public module costs 10 ms of imports at each probe

SECONDS = 4.0  # less than the engine's own limit, so that the reason is told
USER_AGENT = "okamochi-healthcheck"
BEHIND = "3"
ASKED_SECONDS = 60.0
LISTEN_SECONDS = 2.0  # to a database that answers at once; else the next probe reads the answer


def request(verb: str, path: str, host: str) -> bytes:
    lines = (f"{verb} {path} HTTP/1.1", "Host: " + host, "User-Agent: " + USER_AGENT, "Accept: */*")
    return ("\r\n".join(lines) + "\r\nConnection: close\r\n\r\n").encode("latin-1", "replace")


def status_of(answer: bytes) -> int:
    """The status code of an HTTP answer's first line; 0 when it is none."""
    words = answer.split(b"\r\n", 1)[0].split(b" ")
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():
        return 0
    return int(words[1])


def read_first_line(connection: socket, deadline: float) -> bytes:
    answer = b""
    while b"\r\n" not in answer and len(answer) < 4096:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        piece = connection.recv(1024)
        if not piece:
            break
        answer += piece
    return answer


def probe(port: int, path: str, host: str) -> tuple[bool, str]:
    """(healthy, reason)"""
    deadline = time.monotonic() + SECONDS
    connection = socket()
    try:
        connection.settimeout(SECONDS)
        connection.connect(("127.0.0.1", port))
        connection.sendall(request("GET", path, host) if path else request("HEAD", "/", host))
        status = status_of(read_first_line(connection, deadline))
    except TimeoutError:
        return False, f"no HTTP answer from port {port} within {SECONDS:.0f} s"
    except OSError as error:
        # Before 3.10 a time-out is another class, also an OSError, without errno.
        reason = error.strerror or f"no answer within {SECONDS:.0f} s"
        return False, f"port {port}: {reason}"
    finally:
        connection.close()
    if not status:
        return False, f"port {port} does not answer HTTP"
    if not path:
        return True, f"port {port} answers HTTP (HEAD / answered {status})"
    return 200 <= status < 400, f"GET {path} answered {status}"


def heartbeat(path: str, most: float) -> tuple[bool, str]:
    try:
        age = time.time() - os.stat(path).st_mtime
    except OSError:
        return False, "no heartbeat yet"
    return age <= most, f"the last heartbeat is {max(age, 0):.0f} s old"


def schema(command: str, place: str, seconds: float) -> tuple[bool, str]:
    """The answer of `migrate.py --check`, which runs by itself and leaves it in a file: it may load the whole
    app. Once the schema is there it is not asked again."""
    said = read(place)
    if not said:
        ask_schema(command, place)
        ends = time.monotonic() + seconds
        while not said and time.monotonic() < ends:
            time.sleep(0.1)
            said = read(place)
    code, _, text = said.strip().partition(" ")
    if not said:
        return False, "the database's schema is being asked for"
    if code == BEHIND:
        forget(place)
        return False, text
    return True, text


def read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read()
    except OSError:
        return ""


def forget(path: str) -> None:
    try:  # noqa: SIM105 - contextlib would cost time of imports
        os.unlink(path)
    except FileNotFoundError:
        pass  # another probe was quicker


def ask_schema(command: str, place: str) -> None:
    """One at a time, apart from this process and its time limit."""
    mark = place + ".asked"
    try:
        if time.time() - os.stat(mark).st_mtime < ASKED_SECONDS:
            return
    except OSError:
        pass
    with open(mark, "w", encoding="utf-8"):
        pass
    if os.fork():
        return
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    if os.fork():
        os._exit(0)
    kit = os.path.dirname(os.path.abspath(__file__))
    with_secrets = (sys.executable, "-I", os.path.join(kit, "secret_files.py"), "--")
    check = (sys.executable, "-I", os.path.join(kit, "migrate.py"), "--check", "--answer", place, "--")
    os.execv(sys.executable, (*with_secrets, *check, *command.split()))


def main(environ: os._Environ[str] | dict[str, str]) -> tuple[bool, str]:
    if environ.get("OKAMOCHI_HEARTBEAT_FILE"):
        most = environ.get("OKAMOCHI_HEARTBEAT_SECONDS", "")
        return heartbeat(environ["OKAMOCHI_HEARTBEAT_FILE"], float(most if most.isdigit() else 60))
    begin = time.monotonic()
    healthy, reason = served(environ)
    command = environ.get("OKAMOCHI_SCHEMA_OF", "")
    if not healthy or not command:
        return healthy, reason
    left = min(LISTEN_SECONDS, SECONDS - (time.monotonic() - begin))
    ready, told = schema(command, environ.get("TMPDIR", "/tmp") + "/okamochi-schema", left)
    return ready, reason if ready else told


def served(environ: os._Environ[str] | dict[str, str]) -> tuple[bool, str]:
    text = environ.get("PORT") or "8000"
    if not text.isdigit() or not 0 < int(text) < 65536:
        return False, f"PORT={text} is no port"
    path = environ.get("OKAMOCHI_HEALTH_PATH", "")
    return probe(int(text), path, environ.get("OKAMOCHI_HEALTH_HOST") or "localhost")


if __name__ == "__main__":
    healthy, reason = main(os.environ)
    print(reason)
    sys.exit(0 if healthy else 1)
