"""Whom the server believes about the visitor's address."""

from collections.abc import Iterable
from typing import Any

import pytest

from okamochi.kit.forwarded import BehindProxies, ForwardedError, TrustedPeers, told


def seen(peer: str, headers: dict[str, str], *, hops: int = 1, trusted: str = "10.0.0.0/8") -> dict[str, Any]:
    """What the app gets to see."""
    found: dict[str, Any] = {}

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        found.update(environ)
        return [b""]

    sent = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    environ = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http", "HTTP_HOST": "inside:8000", **sent}
    list(BehindProxies(application, hops, TrustedPeers(trusted))(environ, None))
    return {name: found[name] for name in ("REMOTE_ADDR", "wsgi.url_scheme", "HTTP_HOST")}


HEADERS = {
    "X-Forwarded-For": "6.6.6.6, 203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "shop.example",
}
UNTOUCHED = {"wsgi.url_scheme": "http", "HTTP_HOST": "inside:8000"}


def test_a_trusted_proxy_is_believed_and_what_the_visitor_wrote_himself_is_not() -> None:
    assert seen("10.1.2.3", HEADERS) == {
        "REMOTE_ADDR": "203.0.113.9",
        "wsgi.url_scheme": "https",
        "HTTP_HOST": "shop.example",
    }


def test_anybody_else_is_not_believed() -> None:
    assert seen("192.0.2.1", HEADERS) == {"REMOTE_ADDR": "192.0.2.1", **UNTOUCHED}


def test_each_hop_counts_from_the_end() -> None:
    chain = {"X-Forwarded-For": "6.6.6.6, 203.0.113.9, 10.0.0.7"}
    assert seen("10.0.0.8", chain, hops=2)["REMOTE_ADDR"] == "203.0.113.9"


def test_fewer_entries_than_hops_are_no_answer() -> None:
    assert seen("10.0.0.8", {"X-Forwarded-For": "203.0.113.9"}, hops=2)["REMOTE_ADDR"] == "10.0.0.8"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Forwarded-For", "not an address"),
        ("X-Forwarded-Proto", "javascript"),
        ("X-Forwarded-Host", "evil.example/path"),
        ("X-Forwarded-Host", "a\r\nSet-Cookie: x"),
    ],
)
def test_nonsense_is_not_taken_over(name: str, value: str) -> None:
    assert told({f"HTTP_{name.upper().replace('-', '_')}": value}, 1) == {}


@pytest.mark.parametrize("peer", ["::1", "fd00::7", "10.0.0.1"])
def test_networks_of_both_families_can_be_trusted(peer: str) -> None:
    assert TrustedPeers("::1, fd00::/8, 10.0.0.1").hold(peer)
    assert not TrustedPeers("192.0.2.0/24").hold(peer)


def test_a_star_trusts_everybody_and_is_not_this_machine() -> None:
    assert TrustedPeers("*").hold("203.0.113.9")
    assert not TrustedPeers("*").only_this_machine
    assert TrustedPeers("127.0.0.1,::1").only_this_machine


def test_what_is_no_address_is_an_error() -> None:
    with pytest.raises(ForwardedError, match="FORWARDED_ALLOW_IPS"):
        TrustedPeers("proxy.internal")
