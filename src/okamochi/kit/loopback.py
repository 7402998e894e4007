"""Doors on the container's own loopback to services elsewhere: python loopback.py -- PROGRAM [ARGUMENT...]

For code in which an address such as localhost:5432 is fixed. OKAMOCHI_LOOPBACK_5432=db:5432 opens port 5432
of 127.0.0.1 and ::1, from where connections are led to port 5432 of db; without such a variable nothing is
opened. Clients of MySQL take "localhost" for a socket: with MYSQL_UNIX_PORT, theirs is a door beside 3306.

The program takes this process's place, so it stays process 1, and signals reach it alone. A child keeps the
doors: one process that holds them open, and one that serves them, which the first starts again should it end.
Both last as long as the program does, through its graceful stop, too. Nothing outside of the container's
network namespace reaches a door, and no privilege is needed.
"""

# pathlib would double the time of the imports:
# ruff: noqa: PTH108

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NoReturn

PREFIX = "OKAMOCHI_LOOPBACK_"
MYSQL_PORT = 3306
MYSQL_SOCKET = "MYSQL_UNIX_PORT"
BACKLOG = 128
CONNECT_SECONDS = 10
LOOK_SECONDS = 2
PAUSE_SECONDS = 1
SILENT_SECONDS = 10
"""At most one line in so many seconds about a service that is away."""
# a connection that rests for long is asked whether its far end is there: the app's own client asks only us
KEEP_ALIVE = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 6))
TO_RESET = b"\1\0\0\0\0\0\0\0"
"""struct linger, on and at once: the client is told that the connection broke, not that it ended well."""


class DoorError(Exception):
    """A variable that says nothing of use; the text names it."""


class Door:
    """A port of this loopback and where it leads; `listeners` are its open sockets."""

    def __init__(self, port: int, host: str, far_port: int) -> None:
        self.port, self.host, self.far_port = port, host, far_port
        self.listeners: list[socket.socket] = []
        self.told = -float(SILENT_SECONDS)

    def __str__(self) -> str:
        return f"127.0.0.1:{self.port} -> {self.host}:{self.far_port}"


def doors_of(environ: Mapping[str, str]) -> list[Door]:
    """Sorted by port; those whose variable is empty are none."""
    found = []
    for name in sorted(environ):
        value = environ[name].strip()
        if not name.startswith(PREFIX) or not value:
            continue
        host, colon, far_port = value.rpartition(":")
        port = name[len(PREFIX) :]
        if not colon or not host.strip("[]") or not is_port(far_port) or not is_port(port):
            raise DoorError(f"{name}={value} must be HOST:PORT, and its name must end in a port")
        found.append(Door(int(port), host.strip("[]"), int(far_port)))
    return sorted(found, key=lambda one: one.port)


def is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text) < 65536


def opened(door: Door, environ: Mapping[str, str]) -> bool:
    """False where something listens already: the service itself, or a door of another process beside."""
    try:
        door.listeners.append(listener(socket.AF_INET, ("127.0.0.1", door.port)))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return False
        raise DoorError(f"{door} cannot be opened: {error.strerror}") from None
    with suppress(OSError):  # no IPv6 in here, or ::1 is taken
        door.listeners.append(listener(socket.AF_INET6, ("::1", door.port)))
    path = environ.get(MYSQL_SOCKET, "")
    if path and door.port == MYSQL_PORT:
        try:
            with suppress(FileNotFoundError):
                os.unlink(path)  # left behind by a container that ended
            door.listeners.append(listener(socket.AF_UNIX, path))
        except OSError as error:
            tell(f"{path} cannot be opened: {error.strerror}")
    return True


def listener(family: int, address: Any) -> socket.socket:
    """Other than socket.create_server, which in some versions opens IPv6 for IPv4, too."""
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        if family == socket.AF_INET6:
            found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if family != socket.AF_UNIX:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
        found.listen(BACKLOG)
    except OSError:
        found.close()
        raise
    return found


def tell(text: str) -> None:
    print(f"okamochi: {text}", file=sys.stderr, flush=True)


def keep(doors: list[Door], program: int) -> NoReturn:
    """Holds the doors open, and has them served, until the program is gone: while nobody serves, connections
    wait. Its own session and deaf: what is sent to the program, or to its group, is not for the doors."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while is_there(program):
        child = os.fork()
        if child == 0:
            served(doors, program)
        os.waitpid(child, 0)
        time.sleep(PAUSE_SECONDS)
    os._exit(0)


def is_there(program: int) -> bool:
    try:
        os.kill(program, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def served(doors: list[Door], program: int) -> NoReturn:
    # asyncio can do without; it would cost 4 MB
    sys.modules["ssl"] = None  # type: ignore[assignment]
    try:
        import asyncio

        asyncio.run(serve(doors, program))
    except BaseException as error:
        tell(f"the doors to services are opened anew: {type(error).__name__}: {error}")
    os._exit(0)


async def serve(doors: list[Door], program: int) -> None:
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    # threads that look names up count as processes to the engine
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(max_workers=4))
    for door in doors:
        for one in door.listeners:
            await start(door, one)
    while is_there(program):
        await asyncio.sleep(LOOK_SECONDS)


async def start(door: Door, listening: socket.socket) -> None:
    import asyncio

    loop: Any = asyncio.get_running_loop()
    connecting = set()  # a task that nobody holds may be taken away

    def came() -> End:
        def led(near: End) -> None:
            task = loop.create_task(lead(door, near))
            connecting.add(task)
            task.add_done_callback(connecting.discard)

        return End(led)

    if listening.family == socket.AF_UNIX:
        await loop.create_unix_server(came, sock=listening)
    else:
        await loop.create_server(came, sock=listening)


async def lead(door: Door, near: End) -> None:
    import asyncio

    def made(far: End) -> None:
        far.other = near
        kept_alive(far.transport)
        near.joined(far)

    loop: Any = asyncio.get_running_loop()
    connecting = loop.create_connection(lambda: End(made), door.host, door.far_port)
    try:
        await asyncio.wait_for(connecting, CONNECT_SECONDS)
    except (TimeoutError, OSError) as error:
        near.reset()
        tell_away(door, error)
        return


class End:
    """One end of a connection, as asyncio calls it (a protocol): what comes in is sent to the other end, and
    its end, or that it broke, is passed on. The near one waits for its other with what it has heard."""

    def __init__(self, made: Any) -> None:
        self.made = made
        self.transport: Any = None
        self.other: Any = None
        self.early = b""
        self.ended = self.lost = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.made(self)

    def data_received(self, data: bytes) -> None:
        if self.other is not None:
            self.other.transport.write(data)
            return
        self.early = data
        # only from here on: before 3.11 asyncio reads all the same where it is told so as it connects
        self.transport.pause_reading()

    def joined(self, other: End) -> None:
        """With the far end, for which what has come until now is meant."""
        if self.lost:
            other.reset()
            return
        self.other = other
        other.transport.write(self.early)
        self.early = b""
        if self.ended:
            other.transport.write_eof()
        self.transport.resume_reading()

    def eof_received(self) -> bool:
        """True leaves this direction's counterpart open: a client may end what it says and wait."""
        self.ended = True
        if self.other is None:
            return True
        if self.other.ended:
            self.other.transport.close()
            return False
        self.other.transport.write_eof()
        return True

    def pause_writing(self) -> None:
        self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        self.other.transport.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = True
        if self.other is None or self.other.lost:
            return
        if error is None and self.ended:
            self.other.transport.close()
        else:
            self.other.reset()

    def reset(self) -> None:
        known = self.transport.get_extra_info("socket")
        if known is not None and known.family != socket.AF_UNIX:
            with suppress(OSError):
                known.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, TO_RESET)
        self.transport.abort()


def kept_alive(transport: Any) -> None:
    known = transport.get_extra_info("socket")
    with suppress(OSError, AttributeError):
        known.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in KEEP_ALIVE:
            known.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def tell_away(door: Door, error: BaseException) -> None:
    now = time.monotonic()
    if now - door.told < SILENT_SECONDS:
        return
    door.told = now
    number = getattr(error, "errno", None) or 0
    why = os.strerror(number) if number > 0 else getattr(error, "strerror", None)
    tell(f"{door}: {why or 'no answer'}")


def main(arguments: list[str]) -> None:
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        sys.exit("usage: loopback.py -- PROGRAM [ARGUMENT...]")
    try:
        doors = [one for one in doors_of(os.environ) if opened(one, os.environ)]
    except DoorError as error:
        sys.exit(f"okamochi: {error}")
    if doors:
        tell("the code has these addresses fixed: " + ", ".join(map(str, doors)))
        program = os.getpid()
        if os.fork() == 0:
            keep(doors, program)
    for door in doors:
        for one in door.listeners:
            one.close()
    try:
        os.execvp(command[0], command)
    except OSError as error:
        print(f"okamochi: cannot run {command[0]}: {error.strerror}", file=sys.stderr)
        sys.exit(127 if isinstance(error, FileNotFoundError) else 126)


if __name__ == "__main__":
    main(sys.argv[1:])
