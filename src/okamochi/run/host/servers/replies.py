"""Whether a server of the loopback is ready, by the first words of its own protocol."""

import socket
import struct

from okamochi.run.host.servers.server import Access

__all__ = ["greets_as_mysql", "replies_as_memcached", "replies_as_postgres", "replies_as_redis"]

PATIENCE_SECONDS = 2.0
PROTOCOL_3 = 196608
CANNOT_CONNECT_NOW = b"C57P03"


def said(access: Access, question: bytes) -> bytes:
    """The beginning of what it answers, b"" where nobody does."""
    try:
        with socket.create_connection((access.address, access.port), timeout=PATIENCE_SECONDS) as link:
            link.sendall(question)
            return link.recv(1024)
    except OSError:
        return b""


def replies_as_postgres(access: Access) -> bool:
    """A StartupMessage is answered, and not by "the database system is starting up":
    https://www.postgresql.org/docs/17/protocol-message-formats.html"""
    names = f"user\0{access.user}\0database\0{access.database}\0\0".encode()
    reply = said(access, struct.pack("!ii", 8 + len(names), PROTOCOL_3) + names)
    return reply[:1] in (b"R", b"E") and CANNOT_CONNECT_NOW not in reply


def greets_as_mysql(access: Access) -> bool:
    """Protocol 10 comes unasked: https://mariadb.com/kb/en/connection/#initial-handshake-packet"""
    return said(access, b"")[4:5] == b"\x0a"


def replies_as_redis(access: Access) -> bool:
    """While its data is loaded, it answers -LOADING: https://valkey.io/commands/ping/"""
    return said(access, b"PING\r\n").startswith((b"+PONG", b"-NOAUTH"))


def replies_as_memcached(access: Access) -> bool:
    return said(access, b"version\r\n").startswith(b"VERSION")
