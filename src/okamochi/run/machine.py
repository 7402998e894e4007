"""What this machine itself offers on its loopback: whether anything answers, a Redis with an empty place."""

import socket
from dataclasses import dataclass
from typing import BinaryIO, cast

__all__ = ["LOOPBACK", "answers", "redis_at"]

LOOPBACK = "127.0.0.1"
PATIENCE_SECONDS = 2.0
# Redis has sixteen where its configuration says nothing else
DATABASES = range(16)
LONGEST_REPLY_BYTES = 1 << 20


@dataclass(frozen=True)
class RedisHere:
    """`empty` are its databases that hold nothing; of a `locked` one, which wants a password, nothing else is
    known."""

    version: str = ""
    empty: tuple[int, ...] = ()
    locked: bool = False


def answers(host: str, port: int) -> bool:
    """Whether somebody listens there."""
    try:
        socket.create_connection((host, port), timeout=PATIENCE_SECONDS).close()
    except (OSError, ValueError):
        return False
    return True


def redis_at(port: int) -> RedisHere | None:
    """None when nothing there speaks as Redis does. It is asked, and changed in nothing."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=PATIENCE_SECONDS) as link:
            stream = cast("BinaryIO", link.makefile("rwb"))
            if asked(stream, "PING").startswith("-NOAUTH"):
                return RedisHere(locked=True)
            version = facts_in(asked(stream, "INFO server")).get("redis_version", "")
            filled = {one for one in facts_in(asked(stream, "INFO keyspace")) if one.startswith("db")}
            # some have fewer databases, or one alone
            empty = (number for number in DATABASES if f"db{number}" not in filled)
            return RedisHere(version, tuple(one for one in empty if asked(stream, f"SELECT {one}") == "+OK"))
    except (OSError, ValueError):
        return None


def asked(stream: BinaryIO, command: str) -> str:
    """The reply to an inline command; ValueError for one that is not of Redis's protocol."""
    stream.write(f"{command}\r\n".encode())
    stream.flush()
    line = stream.readline(1024).decode("utf-8", "replace").rstrip("\r\n")
    if not line.startswith("$"):
        if line[:1] not in ("+", "-"):
            raise ValueError(f"no reply of Redis: {line!r}")
        return line
    size = int(line[1:])
    if not 0 <= size <= LONGEST_REPLY_BYTES:
        raise ValueError(f"no size of a reply: {size}")
    return stream.read(size + 2).decode("utf-8", "replace")


def facts_in(reply: str) -> dict[str, str]:
    """Of INFO's lines, name:value."""
    lines = (line.partition(":") for line in reply.splitlines())
    return {name: value for name, colon, value in lines if colon}
