"""Release files: which index files a suite has, by digest; accepted only with a signature that we know.

InRelease is clear-signed (RFC 9580, section 7). Only the bytes that the verification returns are read: text
before, after or between signed parts never reaches the parser.
"""

import datetime
import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

import msgspec

from okamochi.debian.control import Stanza, parse_stanza
from okamochi.errors import RegistryError
from okamochi.system.patterns import regex

__all__ = ["MIRROR_HINT", "IndexFile", "RefusedRelease", "Release", "archive_keys", "verified_release"]

BEGIN = b"-----BEGIN PGP SIGNED MESSAGE-----"
END = b"-----END PGP SIGNATURE-----"
DATE = regex(rb"^Date:([^\r\n]{1,80})", re.MULTILINE)
MIRROR_HINT = "the mirror is damaged or lies: name another one with OKAMOCHI_DEBIAN_MIRROR"


class IndexFile(msgspec.Struct, frozen=True):
    path: str
    size_bytes: int
    sha256: str


class Release(msgspec.Struct, frozen=True):
    """`suite` is the name that was asked for and checked; paths of index files are relative to its folder.
    `digest` is that of the signed text."""

    suite: str
    digest: str
    date: datetime.datetime
    by_hash: bool
    files: Mapping[str, IndexFile]

    def file(self, path: str) -> IndexFile | None:
        return self.files.get(path)


@cache
def archive_keys() -> tuple[bytes, ...]:
    """The public keys of Debian's archives that come with okamochi (keys/README.md)."""
    return tuple(file.read_bytes() for file in sorted((Path(__file__).parent / "keys").glob("*.pgp")))


def verified_release(
    content: bytes,
    *,
    suite: str,
    where: str,
    now: datetime.datetime,
    keys: tuple[bytes, ...] = (),
    stale: bool = False,
) -> Release:
    """The Release that one of `keys` (default: Debian's) signed, of the suite asked for, and still valid.

    RegistryError when it is truncated, not signed by a known key, of another suite, or stale; the last is
    no error with `stale`, which is for suites that are signed no more (`suites.py`)."""
    text = signed_text(content, keys or archive_keys(), where, now)
    fields = parse_stanza(text)
    check_suite(fields, suite, where)
    if not stale:
        check_instant(fields, now, where)
    return Release(
        suite=suite,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        date=instant(fields.get("date", ""), where),
        by_hash=fields.get("acquire-by-hash", "").lower() == "yes",
        files=index_files(fields.get("sha256", "")),
    )


class RefusedRelease(RegistryError):
    """A mirror answered, and what it answered does not count."""


def signed_text(content: bytes, keys: tuple[bytes, ...], where: str, now: datetime.datetime) -> str:
    if not content.lstrip().startswith(BEGIN):
        raise RefusedRelease("this is no signed Release file", where=where, hint=MIRROR_HINT)
    if END not in content:
        raise RefusedRelease("the signed Release file is truncated", where=where, hint=MIRROR_HINT)
    # lazy: takes 30 ms to load, and a locked build needs no signature
    import pysequoia

    certificates = [certificate for key in keys for certificate in pysequoia.Cert.split_bytes(key)]
    try:
        verified = pysequoia.verify(content, store=lambda _: certificates)
    except Exception as failure:  # pysequoia raises bare Exception subclasses of its own
        refuse_the_future(content, where, now)
        raise RefusedRelease(
            "the Release file's signature is not from a Debian archive key that okamochi knows",
            where=where,
            hint="use a mirror of Debian's own archive, or update okamochi when Debian has new keys",
            # with RUST_BACKTRACE=1 a trace of its own code follows
            details=(str(failure).partition("\n\nStack backtrace:")[0],),
        ) from failure
    if not verified.valid_sigs or verified.bytes is None:
        raise RefusedRelease("the Release file has no valid signature", where=where, hint=MIRROR_HINT)
    return verified.bytes.decode("utf-8", "replace")


def refuse_the_future(content: bytes, where: str, now: datetime.datetime) -> None:
    """Where the clock is behind, each signature that was made since is refused: that is no matter of keys.
    The date is not verified, and serves for the words alone."""
    found = DATE.search(content)
    dated = now
    with suppress(RegistryError):
        dated = instant(found[1].decode("ascii", "replace").strip(), where) if found else now
    if dated > now:
        raise RefusedRelease(
            f"the Release file is of {dated:%Y-%m-%d %H:%M} UTC, which is yet to come by this machine's "
            f"clock ({now:%Y-%m-%d %H:%M} UTC): its signature cannot be judged",
            where=where,
            hint="set this machine's clock; if it is right, the mirror lies: name another one with "
            "OKAMOCHI_DEBIAN_MIRROR",
        )


def check_suite(fields: Stanza, suite: str, where: str) -> None:
    offered = (fields.get("codename", ""), fields.get("suite", ""))
    if suite not in offered:
        raise RefusedRelease(
            f"asked for the suite {suite}, the mirror answered with {' / '.join(filter(None, offered))}",
            where=where,
            hint=MIRROR_HINT,
        )


def check_instant(fields: Stanza, now: datetime.datetime, where: str) -> None:
    if "valid-until" in fields and instant(fields["valid-until"], where) < now:
        raise RefusedRelease(
            f"the Release file is stale: valid until {fields['valid-until']}",
            where=where,
            hint="check this machine's clock, or use a mirror that is up to date (OKAMOCHI_DEBIAN_MIRROR); "
            "a project with an okamochi.lock builds without Release files (--locked)",
        )


def instant(text: str, where: str) -> datetime.datetime:
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(text)
    except ValueError as failure:
        raise RefusedRelease(
            f"the Release file has no readable date: {text!r}", where=where, hint=MIRROR_HINT
        ) from failure
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=datetime.UTC)


def index_files(text: str) -> Mapping[str, IndexFile]:
    rows = (line.split() for line in text.splitlines())
    return {
        row[2]: IndexFile(row[2], int(row[1]), row[0]) for row in rows if len(row) == 3 and row[1].isdigit()
    }
