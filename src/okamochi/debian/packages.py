"""Package indexes (Packages files): found through a verified Release, searched without parsing them whole.

An index of Debian's main archive has 69,000 stanzas in 57 MB. It is kept decompressed in the cache, beside a
name table of 3 MB that says where each stanza lies, so that a later look-up reads a few kilobytes.
"""

import gzip
import hashlib
import lzma
import threading
import zlib
from collections import defaultdict
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import msgspec

from okamochi.debian.control import Stanza, parse_stanza
from okamochi.debian.relations import Relation, parse_relations
from okamochi.debian.release import IndexFile, Release
from okamochi.debian.version import DebianVersion
from okamochi.errors import BuildError, RegistryError
from okamochi.model.lock import LockedDeb
from okamochi.oci.gzip_members import inflate_member
from okamochi.system.cache import Cache
from okamochi.system.http import Transport
from okamochi.system.patterns import regex

__all__ = [
    "DAMAGED_HINT",
    "Package",
    "PackageIndex",
    "download_verified",
    "fetch_index",
    "name_table",
    "unpacked",
]

NAME_TABLE = "debian-names"
# Two at once would both be there late: while one is made, no other thread runs Python.
one_table = threading.Lock()
# Source code for the Rust compiler: a fifth of all virtual packages, and nothing that runs.
SOURCE_ONLY = b"librust-"
# `Package` is the first field of a stanza, so it tells where one begins.
NAMING_LINES = regex(rb"\nP(ackage|rovides): ([^\n]+)")
# The first one is a third larger, and unpacked in an eighth of the time.
SUFFIXES = (".gz", ".xz", "")
LIMIT_BYTES = 400_000_000
DAMAGED_HINT = (
    "the mirror is damaged, lies, or is being updated: try again, "
    "or name another one with OKAMOCHI_DEBIAN_MIRROR"
)


class Package(msgspec.Struct, frozen=True):
    """A package that an index offers; `archive` is "debian" or "debian-security"."""

    name: str
    version: DebianVersion
    archive: str
    stanza: Stanza

    def depends(self) -> tuple[tuple[Relation, ...], ...]:
        """Pre-Depends, then Depends; Recommends are never followed."""
        groups = (self.stanza.get(field, "") for field in ("pre-depends", "depends"))
        return tuple(group for text in groups for group in parse_relations(text))

    def provides(self, relation: Relation) -> bool:
        """Whether it is what the relation asks for, by its own name or by a virtual one (policy 7.5: only a
        versioned Provides satisfies a versioned relation)."""
        if relation.name == self.name:
            return not relation.operator or self.version.satisfies(relation.operator, relation.version)
        offered = [one for group in parse_relations(self.stanza.get("provides", "")) for one in group]
        return any(one.name == relation.name and provided_satisfies(one, relation) for one in offered)

    def locked(self) -> LockedDeb:
        return LockedDeb(
            name=self.name,
            version=self.version.text,
            architecture=self.stanza["architecture"],
            archive=self.archive,
            filename=self.stanza["filename"],
            size_bytes=int(self.stanza["size"]),
            sha256=self.stanza["sha256"],
        )


def provided_satisfies(provided: Relation, relation: Relation) -> bool:
    if not relation.operator:
        return True
    return bool(provided.version) and DebianVersion(provided.version).satisfies(
        relation.operator, relation.version
    )


class PackageIndex(msgspec.Struct, frozen=True):
    """One Packages file: `text` on disk, and its name table: lines of `name offset length [offset length]…`
    and `~virtual name [name]…`."""

    archive: str
    text: Path
    names: bytes

    def row(self, name: str) -> tuple[str, ...]:
        start = self.names.find(f"\n{name} ".encode())
        if start < 0:
            return ()
        return tuple(self.names[start + 1 : self.names.index(b"\n", start + 1)].decode().split(" ")[1:])

    def versions(self, name: str) -> tuple[Package, ...]:
        numbers = [int(number) for number in self.row(name)]
        found = []
        with self.text.open("rb") as stream:
            for offset, length in zip(numbers[::2], numbers[1::2], strict=True):
                stream.seek(offset)
                found.append(self.package(parse_stanza(stream.read(length).decode("utf-8", "replace"))))
        return tuple(found)

    def package(self, stanza: Stanza) -> Package:
        missing = [
            field
            for field in ("version", "architecture", "filename", "size", "sha256")
            if not stanza.get(field)
        ]
        if missing:
            raise RegistryError(
                f"the package index says nothing about {', '.join(missing)} of {stanza['package']}",
                hint=DAMAGED_HINT,
            )
        return Package(stanza["package"], DebianVersion(stanza["version"]), self.archive, stanza)

    def providers(self, virtual: str) -> tuple[str, ...]:
        """Names of the packages that provide a virtual package, sorted."""
        return self.row("~" + virtual)

    def all_names(self) -> tuple[str, ...]:
        lines = self.names.decode().splitlines()
        return tuple(line.partition(" ")[0] for line in lines if line and not line.startswith("~"))


def fetch_index(
    transport: Transport, cache: Cache, *, base_uri: str, release: Release, architecture: str, archive: str
) -> PackageIndex:
    """The index of component main, from the cache when the cache has it, else from below `base_uri`."""
    path = f"main/binary-{architecture}/Packages"
    plain = release.file(path)
    if plain is None or plain.size_bytes > LIMIT_BYTES:
        raise RegistryError(
            f"the suite {release.suite} has no packages for {architecture}",
            where=base_uri,
            hint="use another mirror (OKAMOCHI_DEBIAN_MIRROR); some carry only one architecture",
        )
    text, names = cache.blob(plain.sha256), cache.record(NAME_TABLE, plain.sha256)
    if text is None or names is None:
        folder = f"{base_uri}/dists/{release.suite}"
        content = text.read_bytes() if text else download_index(transport, folder, release, plain)
        text, names = kept(cache, plain.sha256, content)
    return PackageIndex(archive, text, names)


def kept(cache: Cache, sha256: str, content: bytes) -> tuple[Path, bytes]:
    """The index and its name table; one is written and hashed while the other is made."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1, "index") as pool:
        written = pool.submit(cache.put_stream, lambda stream: write(stream, content), sha256=sha256)
        with one_table:
            names = name_table(content)
        path = written.result()[2]
    cache.put_record(NAME_TABLE, sha256, names)
    return path, names


def download_index(transport: Transport, folder: str, release: Release, plain: IndexFile) -> bytes:
    packed = next(found for suffix in SUFFIXES if (found := release.file(plain.path + suffix)) is not None)
    content = download_verified(transport, folder, release, packed)
    try:
        text = unpacked(content, packed.path.removeprefix(plain.path), plain.size_bytes)
    except (lzma.LZMAError, OSError, EOFError, zlib.error) as failure:
        raise RegistryError(
            "the package index cannot be unpacked", where=folder, hint=DAMAGED_HINT
        ) from failure
    if len(text) != plain.size_bytes:
        raise RegistryError(
            "the package index has another size than promised", where=folder, hint=DAMAGED_HINT
        )
    return text


def write(stream: BinaryIO, content: bytes) -> None:
    stream.write(content)


def download_verified(transport: Transport, folder: str, release: Release, file: IndexFile) -> bytes:
    url = f"{folder}/{file.path}"
    urls = (f"{url.rpartition('/')[0]}/by-hash/SHA256/{file.sha256}", url) if release.by_hash else (url,)
    for candidate in urls:
        try:
            content = transport.get(candidate, limit_bytes=file.size_bytes)
        except RegistryError:
            if candidate == url:
                raise
            continue
        if hashlib.sha256(content).hexdigest() == file.sha256:
            return content
    raise RegistryError(
        "the package index has another digest than the one that was signed", where=url, hint=DAMAGED_HINT
    )


def unpacked(content: bytes, suffix: str, size_bytes: int) -> bytes:
    """At most one byte more than was promised is ever unpacked."""
    if suffix == ".xz":
        return lzma.LZMADecompressor().decompress(content, max_length=size_bytes + 1)
    if suffix == ".gz":
        return gunzipped(content, size_bytes)
    return content


def gunzipped(content: bytes, size_bytes: int) -> bytes:
    with suppress(BuildError):
        text = inflate_member(content, size_bytes)
        if len(text) == size_bytes:
            return text
    # several members, another size, or damaged: the slow way tells
    with gzip.GzipFile(fileobj=BytesIO(content)) as stream:
        return stream.read(size_bytes + 1)


def name_table(text: bytes) -> bytes:
    starts: list[tuple[bytes, int]] = []
    virtual: dict[bytes, set[bytes]] = defaultdict(set)
    for found in NAMING_LINES.finditer(b"\n" + text):
        if found[1] == b"ackage":
            starts.append((found[2].strip(), found.start()))
        elif not starts[-1][0].startswith(SOURCE_ONLY):
            for provided in provided_names(found[2]):
                virtual[provided].add(starts[-1][0])
    ends = [*(start for _, start in starts[1:]), len(text)][: len(starts)]
    places: dict[bytes, list[bytes]] = defaultdict(list)
    for (name, start), end in zip(starts, ends, strict=True):
        places[name].append(b"%d %d" % (start, end - start))
    rows = [name + b" " + b" ".join(places[name]) for name in sorted(places)]
    rows += [b"~" + name + b" " + b" ".join(sorted(virtual[name])) for name in sorted(virtual)]
    return b"\n" + b"\n".join(rows) + b"\n"


def provided_names(line: bytes) -> list[bytes]:
    # versions are read from the stanza when a relation asks for them
    return [part.split(b"(", 1)[0].strip() for part in line.split(b",") if part.strip()]
