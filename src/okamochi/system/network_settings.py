"""Proxies and certificate authorities, as the environment of this machine has them."""

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

import msgspec

from okamochi.errors import UsageError

if TYPE_CHECKING:
    import ssl

__all__ = ["CA_VARIABLES", "DEFAULT_PORTS", "NetworkSettings", "untrusted_hint"]

CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
# where systems keep their CA bundle, for a Python that was built elsewhere and looks somewhere else
CA_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
DEFAULT_PORTS = {"http": 80, "https": 443}


class NetworkSettings(msgspec.Struct, frozen=True, dict=True):
    """Proxies by scheme, hosts that need none, and the CA bundle (with the variable that names it).

    `verified`: certificates of https servers are checked."""

    http_proxy: str = ""
    https_proxy: str = ""
    no_proxy: tuple[str, ...] = ()
    ca_bundle: str = ""
    ca_variable: str = ""
    ca_folder: str = ""
    verified: bool = True

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "NetworkSettings":
        """From HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY (or lower case, which wins) and the CA variables.

        A proxy without a scheme is an http one. UsageError for a proxy of a kind that is not supported.
        """
        everywhere = first(environ, "all_proxy", "ALL_PROXY")
        excepted = first(environ, "no_proxy", "NO_PROXY")
        named = next((name for name in CA_VARIABLES if environ.get(name, "").strip()), "")
        return cls(
            http_proxy=proxy_address(first(environ, "http_proxy", "HTTP_PROXY") or everywhere),
            https_proxy=proxy_address(first(environ, "https_proxy", "HTTPS_PROXY") or everywhere),
            no_proxy=tuple(name for part in excepted.split(",") if (name := part.strip().lower())),
            ca_bundle=environ.get(named, "").strip(),
            ca_variable=named,
            ca_folder=environ.get("SSL_CERT_DIR", "").strip(),
        )

    def proxy_for(self, url: str) -> str:
        """The address of the proxy for this one, or ""."""
        parts = urlsplit(url)
        proxy = self.https_proxy if parts.scheme == "https" else self.http_proxy
        return "" if not proxy or any(excepts(name, parts) for name in self.no_proxy) else proxy

    @cached_property
    def tls(self) -> "ssl.SSLContext":
        """What https trusts. UsageError when the bundle that a variable names is missing or not one."""
        if not self.verified:
            return anybody()
        if self.ca_bundle:
            return self._named_bundle()
        import ssl

        context = ssl.create_default_context()
        if self.ca_folder and Path(self.ca_folder).is_dir():
            context.load_verify_locations(capath=self.ca_folder)
        elif not trusts_anybody(context):
            bundle = next((name for name in CA_BUNDLES if Path(name).is_file()), "")
            if bundle:
                context.load_verify_locations(cafile=bundle)
        return context

    def _named_bundle(self) -> "ssl.SSLContext":
        import ssl

        path = Path(self.ca_bundle)
        try:
            return ssl.create_default_context(
                cafile=None if path.is_dir() else os.fspath(path),
                capath=os.fspath(path) if path.is_dir() else self.ca_folder or None,
            )
        except OSError as error:  # ssl.SSLError is one
            raise UsageError(
                f"the CA bundle cannot be used: {error.strerror or error}",
                where=f"{self.ca_variable}={self.ca_bundle}",
                hint=f"set {self.ca_variable} to a file of PEM certificates, or unset it",
            ) from error


def untrusted_hint(reason: str) -> str:
    """What to do about a certificate of which OpenSSL or rustls gives the `reason` why it is not taken."""
    if "expired" in reason.lower() or "valid yet" in reason.lower() or "NotValidYet" in reason:
        return (
            "is this machine's clock right? then the server's certificate is to be renewed, or its CA's here"
        )
    return (
        "a network with a CA of its own: set SSL_CERT_FILE to its bundle; a machine without CA certificates: "
        "install them (Debian's and Fedora's package is ca-certificates)"
    )


def anybody() -> "ssl.SSLContext":
    """Trusts whoever answers: for servers that somebody chose to use so."""
    import ssl

    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def first(environ: Mapping[str, str], *names: str) -> str:
    return next((value for name in names if (value := environ.get(name, "").strip())), "")


def proxy_address(text: str) -> str:
    if not text:
        return ""
    address = text if "://" in text else f"http://{text}"
    try:
        usable = urlsplit(address).scheme in DEFAULT_PORTS and bool(urlsplit(address).hostname)
    except ValueError:
        usable = False
    if not usable:
        raise UsageError(
            "the proxy is not an http or https address",
            where=f"HTTP_PROXY, HTTPS_PROXY or ALL_PROXY: {address.rpartition('@')[2][:80]}",
            hint="use the form http://host:port; socks proxies are not supported",
        )
    return address


def trusts_anybody(context: "ssl.SSLContext") -> bool:
    import ssl

    paths = ssl.get_default_verify_paths()
    return context.cert_store_stats()["x509_ca"] > 0 or paths.capath is not None


def excepts(name: str, address: SplitResult) -> bool:
    """Whether an entry of NO_PROXY covers the address: "*", host, .domain, host:port, IP or network."""
    host = (address.hostname or "").lower()
    if name == "*":
        return True
    wanted, colon, port = name.rpartition(":")
    if colon and port.isdigit() and (":" not in wanted or wanted.endswith("]")):
        if int(port) != (address.port or DEFAULT_PORTS.get(address.scheme)):
            return False
        name = wanted
    name = name.strip("[]").removeprefix("*").lstrip(".")
    if in_network(host, name):
        return True
    return bool(name) and (host == name or host.endswith(f".{name}"))


def in_network(host: str, network: str) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
