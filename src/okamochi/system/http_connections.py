"""Connections that ask for the address of a server once, however many there are.

Name servers, and what stands before them, lose questions that come in numbers, and each that is lost costs
five seconds (resolv.conf(5), timeout). Here, eight connections at once lost one in five; and one at a time
still one in thirty, so that another is asked soon.
"""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TypeVar

from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import allowed_gai_family

from okamochi.system.http_pace import Deadline
from okamochi.system.once import Once

__all__ = ["use_known_addresses"]

# For as long as name servers commonly let an answer stand.
KNOWN_SECONDS = 60
Answer = TypeVar("Answer")
PATIENCE_SECONDS = (0.5, 1, 2)


def use_known_addresses(pools: PoolManager, known: Once, *, answer_seconds: float) -> None:
    """All connections of the pools, and of others with the same `known`, share what was answered. To agree on
    keys, and to say how it answers, a server has `answer_seconds` each."""

    class PlainConnection(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return connected(self, super()._new_conn, known)

        def connect(self) -> None:
            in_time(self, super().connect, answer_seconds)

        def getresponse(self) -> HTTPResponse:  # type: ignore[override]
            return in_time(self, super().getresponse, answer_seconds)

    class TlsConnection(PlainConnection, HTTPSConnection):
        """The same of a connection that agrees on keys first."""

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = PlainConnection

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = TlsConnection

    pools.pool_classes_by_scheme = {"http": PlainPool, "https": TlsPool}


def in_time(connection: HTTPConnection, step: Callable[[], Answer], seconds: float) -> Answer:
    """TimeoutError where a server that sends a byte from time to time takes too long."""
    deadline = Deadline(connection, seconds)
    try:
        with deadline:
            return step()
    except Exception as error:
        if not deadline.passed:
            raise
        raise TimeoutError("it took too long to answer") from error


def connected(connection: HTTPConnection, connect: Callable[[], socket.socket], known: Once) -> socket.socket:
    """`connect` to the first address that answers; certificates are still checked for the name."""
    name, port = connection.host, connection.port
    question = ("addresses", name, port, time.monotonic() // KNOWN_SECONDS)
    try:
        addresses = known.answer(question, lambda: addresses_of(name, port))
    except OSError as error:
        raise NameResolutionError(name, connection, error) from error  # type: ignore[arg-type]
    failure: Exception | None = None
    try:
        for address in addresses:
            connection.host = address
            try:
                return connect()
            except (NewConnectionError, ConnectTimeoutError) as error:
                failure = error
    finally:
        connection.host = name
    raise failure or NewConnectionError(connection, "the name stands for no address")


def addresses_of(name: str, port: int) -> tuple[str, ...]:
    """As the resolver orders them, each once. Asked again while no answer comes: it may be lost."""
    answers: SimpleQueue[tuple[str, ...] | Exception] = SimpleQueue()
    for patience_seconds in (*PATIENCE_SECONDS, None):
        threading.Thread(target=lambda: answers.put(looked_up(name, port)), daemon=True).start()
        with suppress(Empty):
            found = answers.get(timeout=patience_seconds)
            break
    if isinstance(found, Exception):
        raise found
    return found


def looked_up(name: str, port: int) -> tuple[str, ...] | Exception:
    try:
        found = socket.getaddrinfo(name.strip("[]"), port, allowed_gai_family(), socket.SOCK_STREAM)
    except Exception as error:  # told by who asked, not by a thread
        return error
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))
