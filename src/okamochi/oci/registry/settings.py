"""Which servers stand for a registry: mirrors to pull from, and those that may be used without TLS."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from okamochi.errors import UsageError

__all__ = ["INSECURE_VARIABLE", "RegistrySettings", "is_loopback"]

MIRRORS_VARIABLE = "OKAMOCHI_REGISTRY_MIRRORS"
INSECURE_VARIABLE = "OKAMOCHI_INSECURE_REGISTRIES"


@dataclass(frozen=True, slots=True)
class Mirror:
    """`host` may have a port; `prefix` stands before the repository, as in a proxying project of a registry.
    `plain` is set when the address says http."""

    host: str
    prefix: str = ""
    plain: bool = False

    def repository(self, name: str) -> str:
        return f"{self.prefix}/{name}" if self.prefix else name


@dataclass(frozen=True)
class RegistrySettings:
    """`mirrors` are (registry, mirror), tried in order before the registry itself, and only for pulling."""

    mirrors: tuple[tuple[str, Mirror], ...] = ()
    insecure: frozenset[str] = frozenset()

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "RegistrySettings":
        """UsageError for a mirror that is no address."""
        pairs = listed(environ.get(MIRRORS_VARIABLE, ""))
        return cls(
            mirrors=tuple(mirror_of(text) for text in pairs),
            insecure=frozenset(host.lower() for host in listed(environ.get(INSECURE_VARIABLE, ""))),
        )

    def mirrors_of(self, registry: str) -> tuple[Mirror, ...]:
        return tuple(mirror for name, mirror in self.mirrors if name == registry)

    def may_be_insecure(self, host: str) -> bool:
        """Chosen by the user, or this very machine, which no network lies before."""
        return host.lower() in self.insecure or is_loopback(host)


def listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def mirror_of(text: str) -> tuple[str, Mirror]:
    """registry=host[:port][/prefix], the host perhaps with https:// or http:// before it."""
    registry, equals, place = text.partition("=")
    address = place if "://" in place else f"https://{place}"
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        usable = False
    if not (equals and registry.strip() and usable):
        raise UsageError(
            f"no mirror of a registry: {text[:100]!r}",
            where=MIRRORS_VARIABLE,
            hint="write registry=mirror, such as docker.io=https://mirror.example.org; several with commas",
        )
    return registry.strip(), Mirror(parts.netloc, parts.path.strip("/"), plain=parts.scheme == "http")


def is_loopback(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
