"""Ports of the host: which is free, and who holds one that is not. Linux's /proc, no further library."""

import socket
import time
from collections.abc import Container, Iterator
from pathlib import Path
from typing import NamedTuple

from okamochi.errors import EngineError
from okamochi.system.process import Runner

__all__ = [
    "PORT_TRIES",
    "TakenPort",
    "becomes_free",
    "choose_port",
    "is_free",
    "listeners",
    "listening_processes",
    "port_holder",
    "processes",
    "sockets_of",
    "taken_by",
    "taken_port_error",
]

LISTEN = "0A"
TRIES = 200
ENDS_WITHIN_SECONDS = 3
PROC = Path("/proc")
PORT_TRIES = 5
"""How often another port is chosen for what is started, when the chosen one was taken meanwhile."""


def is_free(port: int, address: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
        return True


def becomes_free(port: int, address: str) -> bool:
    """Whether nobody listens there, or who does ends within that time."""
    ends = time.monotonic() + ENDS_WITHIN_SECONDS
    while not is_free(port, address):
        if time.monotonic() > ends:
            return False
        time.sleep(0.05)
    return True


def choose_port(wanted: int, *, explicit: bool, runner: Runner, refused: Container[int] = frozenset()) -> int:
    """`wanted` when it is free; else the next free one, or, when the user asked for it, EngineError naming
    the process that holds it. `refused` are not free, whatever it looks like from here: the engine may know
    of more, and may be another machine's."""
    if wanted not in refused and is_free(wanted):
        return wanted
    if explicit:
        raise taken_port_error(wanted, runner)
    for port in range(wanted + 1, min(wanted + TRIES, 65536)):
        if port not in refused and is_free(port):
            return port
    raise EngineError(
        f"no port from {wanted} to {wanted + TRIES} is free", where="127.0.0.1", hint="choose one with --port"
    )


class TakenPort(EngineError):
    """Somebody else listens on `port`, or did a moment ago."""

    port = 0


def taken_port_error(port: int, runner: Runner, *, setting: str = "--port") -> TakenPort:
    """`setting` is what chose the port."""
    return taken_by(port, port_holder(port, runner), setting=setting)


def taken_by(port: int, holder: str, *, setting: str = "--port") -> TakenPort:
    error = TakenPort(
        f"port {port} is taken" + (f" by {holder}" if holder else ""),
        where=setting,
        hint=f"stop that process, or choose another port with {setting}",
    )
    error.port = port
    return error


def port_holder(port: int, runner: Runner) -> str:
    """ "python3 (process 4711)", "container web (docker)"; empty when it cannot be known."""
    for inode in sorted(listening_inodes(port)):
        process = socket_owner(inode)
        if process and process[1] not in ("docker-proxy", "conmon", "rootlessport", "slirp4netns"):
            return f"{process[1]} (process {process[0]})"
        container = publishing_container(port, runner)
        if container:
            return container
        if process:
            return f"{process[1]} (process {process[0]})"
    return publishing_container(port, runner)


class Listener(NamedTuple):
    """A socket of this machine; `address` is as Linux writes it, see proc_pid_net(5)."""

    inode: str
    address: str
    port: int


def listeners() -> Iterator[Listener]:
    for table in ("net/tcp", "net/tcp6"):
        for line in read(PROC / table).splitlines()[1:]:
            fields = line.split()
            if len(fields) > 9 and fields[3] == LISTEN:
                address, _, port = fields[1].rpartition(":")
                yield Listener(fields[9], address, int(port, 16))


def listening_inodes(port: int) -> frozenset[str]:
    return frozenset(one.inode for one in listeners() if one.port == port)


def listening_processes(port: int) -> tuple[tuple[int, str], ...]:
    """(number, name) of those that can be seen to listen there, one for each socket."""
    owners = (socket_owner(inode) for inode in sorted(listening_inodes(port)))
    return tuple(one for one in owners if one is not None)


def socket_owner(inode: str) -> tuple[int, str] | None:
    """The lowest process that has the socket open: the server's master rather than its workers."""
    for process in processes():
        if inode in sockets_of(process):
            return process, read(PROC / str(process) / "comm").strip()
    return None


def processes() -> list[int]:
    """Those of this machine that can be seen, the lowest first."""
    return sorted(int(entry.name) for entry in entries(PROC) if entry.name.isdigit())


def sockets_of(process: int) -> Iterator[str]:
    """The inodes of those that it has open, as far as we may see that."""
    for entry in entries(PROC / str(process) / "fd"):
        kind, _, inode = link_text(entry).partition(":")
        if kind == "socket":
            yield inode.strip("[]")


def publishing_container(port: int, runner: Runner) -> str:
    """Asks the engines that are installed; an engine that does not answer knows nothing."""
    for engine in ("docker", "podman"):
        if runner.which(engine) is None:
            continue
        argv = (engine, "ps", "--format", "{{.Names}}\t{{.Ports}}")
        try:
            completed = runner.run(argv, timeout_seconds=20)
        except EngineError:
            continue
        for line in completed.text.splitlines():
            name, _, ports = line.partition("\t")
            if f":{port}->" in ports:
                return f"container {name} ({engine})"
    return ""


def read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def entries(folder: Path) -> tuple[Path, ...]:
    try:
        return tuple(folder.iterdir())
    except OSError:
        return ()


def link_text(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""
