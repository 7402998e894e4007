"""How many bytes a program's connections have received, as Linux counts them: sock_diag(7), tcp(7).

Nothing simpler tells it: rchar of /proc/PID/io leaves out what recv(2) took, /proc/PID/net/dev counts the
whole machine, what is written to the disk comes late or not at all (an index is held in memory), and psutil
knows connections without their bytes.
"""

import socket
import struct
from contextlib import suppress
from pathlib import Path

__all__ = ["received_bytes"]

SOCK_DIAG, BY_FAMILY = 4, 20
REQUEST_ALL = 0x301
DONE, ERROR = 3, 2
HEADER = struct.Struct("=IHHII")
ASKED = struct.Struct("=BBBBI48x")
OF_SOCKET = struct.Struct("=4x48xIIIII")
"""Timers and queues, the user, and the inode."""
ATTRIBUTE = struct.Struct("=HH")
TCP_INFO = 2
RECEIVED = 128
"""Where tcp_info has tcpi_bytes_received."""
ANSWER_BYTES = 1 << 16


def received_bytes(pid: int) -> dict[int, int]:
    """By the inode of each of its TCP connections; empty where nobody tells: another system, a sandbox."""
    inodes = sockets_of(pid)
    if not inodes:
        return {}
    found: dict[int, int] = {}
    for family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError, struct.error, AttributeError):
            found |= {inode: size for inode, size in connections(family) if inode in inodes}
    return found


def sockets_of(pid: int) -> frozenset[int]:
    found: set[int] = set()
    with suppress(OSError):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError, ValueError):
                kind, _, inode = str(entry.readlink()).partition(":")
                if kind == "socket":
                    found.add(int(inode.strip("[]")))
    return frozenset(found)


def connections(family: int) -> list[tuple[int, int]]:
    """Inode and received bytes of each connection of this machine."""
    found: list[tuple[int, int]] = []
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, SOCK_DIAG) as asking:
        asking.settimeout(2)
        size = HEADER.size + ASKED.size
        question = ASKED.pack(family, socket.IPPROTO_TCP, 1 << (TCP_INFO - 1), 0, 0xFFFFFFFF)
        asking.send(HEADER.pack(size, BY_FAMILY, REQUEST_ALL, 1, 0) + question)
        while True:
            answer = asking.recv(ANSWER_BYTES)
            place = 0
            while place + HEADER.size <= len(answer):
                length, kind, *_ = HEADER.unpack_from(answer, place)
                if kind in (DONE, ERROR) or length < HEADER.size:
                    return found
                found += of_message(answer[place + HEADER.size : place + length])
                place += (length + 3) // 4 * 4
            if not answer:
                return found


def of_message(message: bytes) -> list[tuple[int, int]]:
    *_, inode = OF_SOCKET.unpack_from(message)
    place = OF_SOCKET.size
    while place + ATTRIBUTE.size <= len(message):
        length, kind = ATTRIBUTE.unpack_from(message, place)
        if kind == TCP_INFO and length >= ATTRIBUTE.size + RECEIVED + 8:
            return [(inode, struct.unpack_from("=Q", message, place + ATTRIBUTE.size + RECEIVED)[0])]
        place += max(4, (length + 3) // 4 * 4)
    return []
