"""Whom a process of this machine listens to: Linux's /proc/net/tcp, see proc_pid_net(5)."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from okamochi.run.host.records import belongs_to

__all__ = ["is_loopback", "ports_open_to_others"]

PROC = Path("/proc")
LISTEN = "0A"
LOOPBACK_6 = "00000000000000000000000001000000"
MAPPED = "0000000000000000FFFF0000"
"""Before the four bytes of an IPv4 address. Each word of four bytes is in this machine's order."""


def ports_open_to_others(leader: int) -> tuple[int, ...]:
    """Those at which the process, one of its group or a descendant listens to more than the loopback."""
    ports = dict(listeners())
    if not ports:
        return ()
    found = set()
    for process in (one for one in PROC.iterdir() if one.name.isdigit()):
        if belongs_to(int(process.name), leader):
            found |= {ports[inode] for inode in sockets_of(process) if inode in ports}
    return tuple(sorted(found))


def listeners() -> Iterator[tuple[str, int]]:
    """The inode and the port of each socket of this machine that others reach."""
    for table in ("net/tcp", "net/tcp6"):
        with suppress(OSError):
            for line in (PROC / table).read_text().splitlines()[1:]:
                fields = line.split()
                address, _, port = fields[1].partition(":")
                if fields[3] == LISTEN and not is_loopback(address):
                    yield fields[9], int(port, 16)


def is_loopback(address: str) -> bool:
    return address == LOOPBACK_6 or (address.removeprefix(MAPPED)[6:] == "7F")


def sockets_of(process: Path) -> Iterator[str]:
    with suppress(OSError):
        for handle in (process / "fd").iterdir():
            with suppress(OSError):
                kind, _, inode = str(handle.readlink()).partition(":")
                if kind == "socket":
                    yield inode.strip("[]")
