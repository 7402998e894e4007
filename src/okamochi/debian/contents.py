"""Which package has which header, program, library or pkg-config file.

Source: Contents-<architecture> ("Contents indices" in Debian's RepositoryFormat): a line per file, its path
without the leading slash, spaces, then section/package names separated by commas. Of its millions of lines a
sorted table is kept in the cache: a row is the file's last name, its path and its packages, so that one
binary search answers.
"""

import gzip
import io
import re
import zlib
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from okamochi.debian.archives import Archive
from okamochi.debian.packages import DAMAGED_HINT, download_verified
from okamochi.debian.release import IndexFile
from okamochi.errors import RegistryError, TransientRegistryError
from okamochi.system.world import World

__all__ = ["Contents", "Owner"]

KIND = "debian-files"
FORMAT = "2"
PIECE_BYTES = 1 << 24
LIMIT_BYTES = 2_000_000_000
DOWNLOAD_LIMIT_BYTES = 100_000_000
WANTED = re.compile(
    rb"^((?:usr/)?lib/(?:[^/\s]+/)?lib[^/\s]*\.so[^/\s]*|(?:usr/)?s?bin/[^/\s]+|usr/include/\S+\.h(?:pp|xx|h)?"
    rb"|usr/(?:lib/(?:[^/\s]+/)?|share/)pkgconfig/[^/\s]+\.pc)[ \t]+(\S+)$",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Owner:
    path: str
    packages: tuple[str, ...]


@dataclass
class Contents:
    """The files of a suite's packages; an index is downloaded at the first question."""

    world: World
    archives: Sequence[Archive]
    architecture: str
    _tables: dict[str, bytes] = field(default_factory=dict)

    def package_of_header(self, header: str) -> str:
        """For "sasl/sasl.h" as #include names it; "" when no package has it."""
        tail = "/" + header.lstrip("/")
        return self._best(header.rpartition("/")[2], lambda path: path.endswith(tail), ("all",))

    def package_of_program(self, name: str) -> str:
        return self._best(name, lambda path: path.split("/")[-2] in ("bin", "sbin"))

    def package_of_pkg_config(self, module: str) -> str:
        return self._best(f"{module}.pc", lambda path: "/pkgconfig/" in path, ("all",))

    def package_of_library(self, soname: str) -> str:
        """For "libpq.so.5", and for "libpq.so", which a linker asks for."""
        return self._best(soname, lambda path: "/lib/" in path)

    def _best(self, name: str, fits: Callable[[str], bool], further: tuple[str, ...] = ()) -> str:
        """The package with the shallowest such file, then with the shortest name: variants have longer.
        Programs and libraries are never of all architectures, whose index is three times as large."""
        for architecture in (self.architecture, *further):
            rows = [owner for owner in owners(self._table(architecture), name) if fits(owner.path)]
            found = [(owner.path.count("/"), len(one), one) for owner in rows for one in owner.packages]
            if found:
                return min(found)[2]
        return ""

    def _table(self, architecture: str) -> bytes:
        if architecture not in self._tables:
            tables = [table_of(self.world, one, architecture) for one in self.archives]
            self._tables[architecture] = b"".join(sorted({*b"".join(tables).splitlines(keepends=True)}))
        return self._tables[architecture]


def table_of(world: World, one: Archive, architecture: str) -> bytes:
    """The table of one suite; empty where the suite has no such index, as some archives do."""
    index = one.release.file(f"main/Contents-{architecture}.gz")
    if index is None or index.size_bytes > DOWNLOAD_LIMIT_BYTES:
        return b""
    key = f"{FORMAT} {index.sha256}"
    known = world.cache.record(KIND, key)
    if known is not None:
        held = world.cache.blob(known.decode())
        if held is not None:
            return held.read_bytes()
    with world.reporter.step(f"Base: which package has which file ({one.release.suite})"):
        packed, verified = packed_index(world, one, index)
        table = contents_table(packed)
    if not verified:
        return table

    def write(stream: BinaryIO) -> None:
        stream.write(table)

    digest = world.cache.put_stream(write)[0]
    world.cache.put_record(KIND, key, digest.encode())
    return table


def packed_index(world: World, one: Archive, index: IndexFile) -> tuple[bytes, bool]:
    """The compressed index, and whether it is the one that was signed.

    Mirrors that are updated in parts have another for hours. It is taken then: all that it says is which
    package to look at, and packages are verified by the signed index whatever led to them."""
    folder = f"{one.base_uri}/dists/{one.release.suite}"
    try:
        return download_verified(world.transport, folder, one.release, index), True
    except TransientRegistryError:
        raise
    except RegistryError as problem:
        url = f"{folder}/{index.path}"
        content = world.transport.get(url, limit_bytes=DOWNLOAD_LIMIT_BYTES)
        world.reporter.note(f"{problem.message}: {url} only says where to look, and is taken for that")
        return content, False


def contents_table(packed: bytes) -> bytes:
    """Piece by piece, since an index may have 600 MB; RegistryError when it is damaged."""
    found: set[bytes] = set()
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as stream:
            rest, size_bytes = b"", 0
            while piece := stream.read(PIECE_BYTES):
                size_bytes += len(piece)
                whole, _, rest = (rest + piece).rpartition(b"\n")
                found.update(rows(whole))
                if size_bytes > LIMIT_BYTES:
                    raise EOFError("it has an absurd size")
            found.update(rows(rest))
    except (OSError, EOFError, zlib.error) as problem:
        raise RegistryError(f"the index of files is damaged: {problem}", hint=DAMAGED_HINT) from problem
    return b"".join(sorted(found))


def rows(content: bytes) -> Iterator[bytes]:
    for path, places in WANTED.findall(content):
        packages = b",".join(sorted({place.rpartition(b"/")[2] for place in places.split(b",")}))
        yield path.rpartition(b"/")[2] + b"\t/" + path + b"\t" + packages + b"\n"


def owners(table: bytes, name: str) -> Iterator[Owner]:
    """Every indexed file whose last name is `name`, in the order of paths."""
    start = name.encode() + b"\t"
    position = bisect_left(range(len(table)), start, key=lambda at: line(table, line_start(table, at)))
    position = line_start(table, position)
    if position < len(table) and line(table, position) < start:
        position += len(line(table, position)) + 1
    while (text := line(table, position)).startswith(start):
        _, path, packages = text.decode("utf-8", "replace").split("\t")
        yield Owner(path, tuple(packages.split(",")))
        position += len(text) + 1


def line_start(table: bytes, position: int) -> int:
    return table.rfind(b"\n", 0, position) + 1


def line(table: bytes, start: int) -> bytes:
    end = table.find(b"\n", start)
    return table[start : end if end >= 0 else len(table)]
