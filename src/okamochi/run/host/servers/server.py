"""What is known of a kind of server: its packages, how its data begins, how it serves, when it is ready."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import msgspec

__all__ = ["LOOPBACK", "Access", "Command", "Place", "Server"]

LOOPBACK = "127.0.0.1"


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """How the app reaches it, on the loopback. `user` and `database` are "" where the kind knows none, the
    password is where nobody is asked for one."""

    port: int
    address: str = LOOPBACK
    user: str = ""
    password: str = ""
    database: str = ""


class Place(Protocol):
    """Where a server's files and its data lie, in its own words."""

    @property
    def data(self) -> str: ...

    def path(self, inside: str) -> str:
        """Of a file of its packages: "usr/bin/valkey-server"."""
        ...

    def content(self, inside: str) -> bytes: ...


@dataclass(frozen=True)
class Command:
    """One that runs to its end; `environment` comes on top of the usual one."""

    argv: tuple[str, ...]
    stdin: bytes = b""
    environment: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Server:
    """`title` is for people ("PostgreSQL 17"); data of one title is no other's. `image` has the same server.
    `programs` are paths in the packages of all that is started, by a program of the packages, too; `client`
    tells them by variables where the server is. `first` are the commands on an empty folder; `files` are
    written into that folder before each start; `fed` is the command that runs a file of SQL in the server
    that is ready, None where there is no such."""

    title: str
    image: str
    packages: tuple[str, ...]
    programs: tuple[str, ...]
    serves: Callable[[Place, Access], tuple[str, ...]]
    ready: Callable[[Access], bool]
    first: Callable[[Place, Access], tuple[Command, ...]] = lambda _, __: ()
    files: Callable[[Place, Access], dict[str, str]] = lambda _, __: {}
    client: Callable[[Place, Access], dict[str, str]] = lambda _, __: {}
    fed: Callable[[Place, Access, bytes], Command] | None = None
    stop_signal: str = "SIGTERM"
