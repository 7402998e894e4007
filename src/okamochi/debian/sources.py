"""Where Debian's archives are: settings, else the host's own apt sources, else the snapshot archive.

The host's sources are only candidates: one counts when its Release file is Debian's own (`release.py`), so
those of Ubuntu or of a vendor fall away by themselves.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import msgspec

from okamochi.debian.control import parse_stanzas
from okamochi.errors import UsageError
from okamochi.system.patterns import regex

__all__ = ["APT_FOLDER", "SECURITY", "Mirrors", "apt_proxies", "find_mirrors", "snapshot_uri"]

APT_FOLDER = Path("/etc/apt")
SNAPSHOT = "https://snapshot.debian.org/archive"
SECURITY = "debian-security"
ONE_LINE = regex(r"deb\s+(?:\[[^\]]*\]\s+)?(?P<uri>\S+)\s+\S+")
PROXY = regex(r'^\s*Acquire::(?P<scheme>https?)::Proxy\s+"(?P<uri>[^"]*)"\s*;', re.IGNORECASE | re.MULTILINE)
SCHEMES = ("http", "https", "file")
COMMENT = regex(r"^\s*(?://|#).*$", re.MULTILINE)


class Mirrors(msgspec.Struct, frozen=True):
    """URIs without trailing slash, in the order to try them; `named` when the user named them.

    `security` is empty when the user said "none"."""

    main: tuple[str, ...]
    security: tuple[str, ...]
    named: bool = False

    def of(self, archive: str) -> tuple[str, ...]:
        return self.security if archive == SECURITY else self.main


def snapshot_uri(archive: str, instant: str) -> str:
    """The state of an archive at an instant (RFC 3339 in UTC) in the snapshot archive."""
    return f"{SNAPSHOT}/{archive}/{re.sub(r'[-:]', '', instant)}"


def find_mirrors(environ: Mapping[str, str], apt_folder: Path = APT_FOLDER) -> Mirrors:
    """Candidates in order; the snapshot archive is not among them, as it needs an instant.

    UsageError when a mirror is named, but nothing tells where security updates are."""
    main = split_uris(environ.get("OKAMOCHI_DEBIAN_MIRROR", ""))
    security = environ.get("OKAMOCHI_DEBIAN_SECURITY_MIRROR", "").strip()
    found = main or host_uris(apt_folder)
    beside = tuple(uri for one in found if (uri := security_beside(one)))
    if security.lower() == "none":
        return Mirrors(plain(found), (), named=bool(main))
    if main and not (security or beside):
        raise UsageError(
            "where security updates come from is not known: the mirror's path does not end in /debian",
            where=f"OKAMOCHI_DEBIAN_MIRROR={environ['OKAMOCHI_DEBIAN_MIRROR']}",
            hint="set OKAMOCHI_DEBIAN_SECURITY_MIRROR, or set it to none to do without security updates",
        )
    return Mirrors(plain(found), split_uris(security) or unique(beside), named=bool(main))


def plain(uris: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(uri for uri in uris if not uri.endswith("/" + SECURITY))


def security_beside(uri: str) -> str:
    """The security archive that lies beside a main archive by convention; "" when the path tells nothing."""
    if uri.endswith("/" + SECURITY):
        return uri
    return uri[: -len("debian")] + SECURITY if uri.endswith("/debian") else ""


def split_uris(text: str) -> tuple[str, ...]:
    return unique(tuple(uri.rstrip("/") for uri in text.split()))


def unique(uris: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(uris))


def host_uris(apt_folder: Path) -> tuple[str, ...]:
    files = [apt_folder / "sources.list", *sorted((apt_folder / "sources.list.d").glob("*"))]
    found = (uri for file in files for uri in file_uris(file))
    return unique(tuple(uri for one in found for uri in resolved(one)))


def file_uris(file: Path) -> Iterator[str]:
    text = readable(file)
    if file.suffix == ".sources":
        for stanza in parse_stanzas(text):
            if "deb" in stanza.get("types", "").split() and stanza.get("enabled", "yes").lower() != "no":
                yield from stanza.get("uris", "").split()
    if file.suffix == ".list":
        found = (ONE_LINE.match(line.strip()) for line in text.splitlines())
        yield from (one["uri"] for one in found if one is not None)


def readable(file: Path) -> str:
    """Text of a file of the host; "" when there is none that we may read."""
    try:
        return file.read_text("utf-8", "replace")
    except OSError:
        return ""


def resolved(uri: str) -> Iterator[str]:
    """Follows `mirror+file:` lists (apt-transport-mirror(1)); leaves out what is no plain URI, as cdrom:."""
    parts = urlsplit(uri)
    if parts.scheme == "mirror+file":
        for line in readable(Path(parts.path)).splitlines():
            yield from resolved(line.split()[0]) if line.strip() and not line.startswith("#") else ()
    elif parts.scheme in SCHEMES and (parts.hostname or parts.scheme == "file"):
        yield urlunsplit(parts).rstrip("/")


def apt_proxies(apt_folder: Path = APT_FOLDER) -> Mapping[str, str]:
    """`http_proxy` and `https_proxy` as apt.conf's one-line `Acquire::http::Proxy "…";` name them."""
    files = [*sorted((apt_folder / "apt.conf.d").glob("*")), apt_folder / "apt.conf"]
    found: dict[str, str] = {}
    for file in files:
        for one in PROXY.finditer(COMMENT.sub("", readable(file))):
            found[f"{one['scheme'].lower()}_proxy"] = one["uri"]
    return {name: uri for name, uri in found.items() if uri and uri.upper() != "DIRECT"}
