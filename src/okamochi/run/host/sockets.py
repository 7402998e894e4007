"""Whom a process of this machine listens to: Linux's /proc/net/tcp, see proc_pid_net(5)."""

from okamochi.run.host.records import belongs_to
from okamochi.run.ports import listeners, processes, sockets_of

__all__ = ["is_loopback", "ports_open_to_others"]

LOOPBACK_6 = "00000000000000000000000001000000"
MAPPED = "0000000000000000FFFF0000"
"""Before the four bytes of an IPv4 address. Each word of four bytes is in this machine's order."""


def ports_open_to_others(leader: int) -> tuple[int, ...]:
    """Those at which the process, one of its group or a descendant listens to more than the loopback."""
    ports = {one.inode: one.port for one in listeners() if not is_loopback(one.address)}
    own = [process for process in processes() if belongs_to(process, leader)] if ports else []
    return tuple(sorted({ports[inode] for process in own for inode in sockets_of(process) if inode in ports}))


def is_loopback(address: str) -> bool:
    return address == LOOPBACK_6 or (address.removeprefix(MAPPED)[6:] == "7F")
