"""Which of a process's sockets others reach."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from okamochi.run.host.sockets import is_loopback, ports_open_to_others

LISTENS = """
import socket, sys
link = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
link.bind((sys.argv[1], 0))
link.listen()
print(link.getsockname()[1], flush=True)
sys.stdin.read()
"""


@contextmanager
def listening(address: str) -> Iterator[tuple[int, int]]:
    """The process below another one, and its port."""
    argv = (sys.executable, "-c", LISTENS, address)
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout is not None
        yield process.pid, int(process.stdout.readline())
        process.communicate()


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])
def test_a_socket_at_every_address_is_open_to_others(address: str) -> None:
    if address == "::" and not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 here")
    with listening(address) as (process, port):
        assert ports_open_to_others(process) == (port,)
        # a descendant's counts, somebody else's does not
        assert port in ports_open_to_others(os.getpid())
    with listening("127.0.0.1") as (other, _), listening(address):
        assert ports_open_to_others(other) == ()


@pytest.mark.parametrize(
    ("address", "is_it"),
    [
        ("0100007F", True),
        ("EDCFEF7F", True),
        ("00000000", False),
        ("0100A8C0", False),
        ("00000000000000000000000001000000", True),
        ("00000000000000000000000000000000", False),
        ("0000000000000000FFFF00000100007F", True),
        ("0000000000000000FFFF00000100A8C0", False),
    ],
)
def test_addresses_as_linux_writes_them(address: str, is_it: bool) -> None:
    assert is_loopback(address) == is_it
