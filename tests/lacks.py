"""What this machine lacks that a test needs."""

import os
import socket

import pytest

from okamochi.run.host.confine import landlock_version
from okamochi.run.host.isolated import machines_way
from okamochi.run.host.isolation import Apart


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
        pytest.skip(f"nothing can listen at {address}: {error}")


def has_namespaces() -> bool:
    return machines_way().rooted


def proves_entries() -> bool:
    """Whether an app's entry point is loaded before anything is started."""
    return machines_way().apart is not Apart.NOWAY
