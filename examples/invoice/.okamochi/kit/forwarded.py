"""X-Forwarded-* from proxies in front: believed for as many hops as are set, from trusted addresses only.

OKAMOCHI_TRUSTED_HOPS says how many proxies stand in front (0); FORWARDED_ALLOW_IPS from which addresses
(or networks, with commas; * for any) their requests come. Whoever else sends such headers is not believed.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from typing import Any

HOST = re.compile(r"[A-Za-z0-9._-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")


class ForwardedError(Exception):
    """FORWARDED_ALLOW_IPS holds something that is no address."""


class TrustedPeers:
    """The addresses that proxies speak from."""

    def __init__(self, text: str) -> None:
        words = [word.strip() for word in text.split(",") if word.strip()]
        self.everybody = "*" in words
        try:
            self.networks = [ipaddress.ip_network(word, strict=False) for word in words if word != "*"]
        except ValueError as error:
            raise ForwardedError(f"FORWARDED_ALLOW_IPS: {error}") from None

    def hold(self, address: str) -> bool:
        if self.everybody:
            return True
        try:
            peer = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(peer in network for network in self.networks)

    @property
    def only_this_machine(self) -> bool:
        return not self.everybody and all(network.is_loopback for network in self.networks)


class BehindProxies:
    """A WSGI application that sees the visitor's address, scheme and host as `hops` proxies tell them."""

    def __init__(self, application: Callable[..., Iterable[bytes]], hops: int, peers: TrustedPeers) -> None:
        self.application = application
        self.hops = hops
        self.peers = peers

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if self.peers.hold(str(environ.get("REMOTE_ADDR", ""))):
            environ.update(told(environ, self.hops))
        return self.application(environ, start_response)


def told(environ: dict[str, Any], hops: int) -> dict[str, str]:
    """What the proxy `hops` before us says; each proxy appends to the lists: counted from the end."""
    found: dict[str, str] = {}
    address = _nth(environ, "HTTP_X_FORWARDED_FOR", hops)
    if _is_address(address):
        found["REMOTE_ADDR"] = address
    scheme = _nth(environ, "HTTP_X_FORWARDED_PROTO", hops).lower()
    if scheme in ("http", "https"):
        found["wsgi.url_scheme"] = scheme
    host = _nth(environ, "HTTP_X_FORWARDED_HOST", hops)
    if HOST.fullmatch(host):
        found["HTTP_HOST"] = host
    return found


def _nth(environ: dict[str, Any], name: str, hops: int) -> str:
    values = [value.strip() for value in str(environ.get(name, "")).split(",")]
    return values[-hops] if len(values) >= hops else ""


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
