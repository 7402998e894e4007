"""What this machine lacks that a test needs."""

import os
import socket
import tempfile
from functools import cache
from pathlib import Path

import pytest

from okamochi.run.host.confine import landlock_version
from okamochi.run.host.isolation import Apart, best_isolation
from okamochi.system.subprocess_runner import SubprocessRunner


def lacking(what: str) -> None:
    """Skips the test; where everything was prepared, its absence is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI=true, and {what}", pytrace=False)
    pytest.skip(what)


def require_namespaces() -> None:
    """For code that must not run in the machine's own, as in most containers."""
    if not has_namespaces():
        lacking("this machine offers no namespaces to run other people's code in")


def require_apart(apart: Apart) -> None:
    """For code that is kept from the rest in one way that is not namespaces."""
    if apart is Apart.JAIL and os.geteuid() != 0:
        pytest.skip("only root may make another folder its root")
    if apart is Apart.LANDLOCK and not landlock_version():
        lacking("this kernel has no landlock")


def require_address(address: str) -> None:
    """Of the loopback: many containers have no IPv6."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        socket.create_server((address, 0), family=family).close()
    except OSError as error:
        lacking(f"nothing can listen at {address}: {error}")


@cache
def has_namespaces() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        return best_isolation(SubprocessRunner(), Path(folder)).rooted
