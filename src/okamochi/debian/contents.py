"""Which package has which header, program, library or pkg-config file.

Source: Contents-<architecture> ("Contents indices" in Debian's RepositoryFormat): a line per file, its path
without the leading slash, spaces, then section/package names separated by commas. Of its millions of lines a
sorted table is kept in the cache: a row is the file's last name, its path and its packages, so that one
binary search answers.
"""

import re
import zlib
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

import msgspec

from okamochi.debian.archives import Archive
from okamochi.debian.packages import DAMAGED_HINT, download_verified
from okamochi.debian.release import IndexFile
from okamochi.errors import RegistryError, TransientRegistryError
from okamochi.oci.platform import Platform
from okamochi.system.patterns import regex
from okamochi.system.world import World

__all__ = ["Contents", "Owner"]

KIND = "debian-files"
FORMAT = "3"
PIECE_BYTES = 1 << 20
LIMIT_BYTES = 2_000_000_000
DOWNLOAD_LIMIT_BYTES = 100_000_000
WANTED = regex(
    rb"\n((?:usr/)?lib/(?:[^/\s]+/)?lib[^/\s]*\.so[^/\s]*|(?:usr/)?s?bin/[^/\s]+"
    rb"|usr/lib/[^/\s]+/[0-9][^/\s]*/bin/[^/\s]+|usr/include/\S+\.h(?:pp|xx|h)?"
    rb"|usr/(?:lib/(?:[^/\s]+/)?|share/)pkgconfig/[^/\s]+\.pc)[ \t]+(\S+)(?=\n)"
)
# An index is sorted; in these folders there is nothing of the above, but for pkg-config's files.
DULL = (b"usr/share/", b"usr/src/", b"var/", b"etc/")
SONAME = regex(r"lib(?P<name>.+)\.so\.(?P<version>[0-9][\w.]*)")


class Owner(msgspec.Struct, frozen=True):
    path: str
    packages: tuple[str, ...]


class Contents(msgspec.Struct):
    """The files of a suite's packages; an index is downloaded at the first question."""

    world: World
    archives: Sequence[Archive]
    architecture: str
    _tables: dict[str, tuple[bytes, ...]] = msgspec.field(default_factory=dict)

    def package_of_header(self, header: str) -> str:
        """For "sasl/sasl.h" as #include names it; "" when no package has it."""
        tail = "/" + header.lstrip("/")
        return self._best(header.rpartition("/")[2], lambda path: path.endswith(tail), ("all",))

    def package_of_program(self, name: str, *, everywhere: bool = True) -> str:
        """In a folder of programs, or in the private one of a version ("/usr/lib/postgresql/17/bin"), the
        newest. `everywhere`: packages that are the same for all architectures are asked, too."""
        found = self._best(name, lambda path: path.split("/")[-2] in ("bin", "sbin") and path.count("/") < 4)
        if found:
            return found
        places = [row for row in self._owners(name) if row.path.count("/") >= 4]
        newest = max(places, key=lambda row: numbers(row.path.split("/")[-3]), default=None)
        if newest is not None:
            return min(newest.packages, key=lambda one: (len(one), one))
        if not everywhere:
            return ""
        return self._best(name, lambda path: path.split("/")[-2] in ("bin", "sbin"), ("all",))

    def package_of_pkg_config(self, module: str) -> str:
        return self._best(f"{module}.pc", lambda path: "/pkgconfig/" in path, ("all",))

    def package_of_library(self, soname: str) -> str:
        """For "libpq.so.5", and for "libpq.so", which a linker asks for: of packages that have it where the
        loader looks, the one that Debian's policy (8.1) would name so, else the shortest name."""
        rows = self._libraries(soname)
        found = [(not is_named_for(one, soname), len(one), one) for row in rows for one in row.packages]
        return min(found)[2] if found else ""

    def library_beginning(self, start: str) -> tuple[str, str]:
        """The soname that begins so and has a version, and its package: "libmagic.so." is asked for by
        find_library("magic"). The shortest name, then the newest version; ("", "") when there is none."""
        found = (name for table in self._table("") for name in names_beginning(table, start))
        names = {name for name in found if SONAME.fullmatch(name)}
        for name in sorted(names, key=soname_rank):
            package = self.package_of_library(name)
            if package and not package.endswith("-dev"):
                return name, package
        return "", ""

    def _libraries(self, soname: str) -> list[Owner]:
        multiarch = Platform.parse(f"linux/{self.architecture}").multiarch
        folders = ("/usr/lib", "/lib", f"/usr/lib/{multiarch}", f"/lib/{multiarch}")
        return [row for row in self._owners(soname) if row.path.rpartition("/")[0] in folders]

    def _best(self, name: str, fits: Callable[[str], bool], further: tuple[str, ...] = ()) -> str:
        """The package with the shallowest such file, then with the shortest name: variants have longer.
        The index of packages for all architectures is three times as large, and asked only then."""
        for architecture in ("", *further):
            rows = [owner for owner in self._owners(name, architecture) if fits(owner.path)]
            found = [(owner.path.count("/"), len(one), one) for owner in rows for one in owner.packages]
            if found:
                return min(found)[2]
        return ""

    def _owners(self, name: str, architecture: str = "") -> list[Owner]:
        """Every indexed file whose last name is `name`, in all suites, in the order of paths."""
        found = {row for table in self._table(architecture) for row in owners(table, name)}
        return sorted(found, key=lambda row: (row.path, row.packages))

    def _table(self, architecture: str) -> tuple[bytes, ...]:
        """One of each suite; "" is the image's own architecture."""
        architecture = architecture or self.architecture
        if architecture not in self._tables:
            tables = (table_of(self.world, one, architecture) for one in self.archives)
            self._tables[architecture] = tuple(tables)
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
        table = contents_table(packed_index(world, one, index))

    def write(stream: BinaryIO) -> None:
        stream.write(table)

    digest = world.cache.put_stream(write)[0]
    world.cache.put_record(KIND, key, digest.encode())
    return table


def packed_index(world: World, one: Archive, index: IndexFile) -> bytes:
    """The compressed index, the one that was signed where the mirror has it.

    Mirrors that are updated in parts have another for hours. It is taken then: all that it says is which
    package to look at, and packages are verified by the signed index whatever led to them."""
    folder = f"{one.base_uri}/dists/{one.release.suite}"
    try:
        return download_verified(world.transport, folder, one.release, index)
    except TransientRegistryError:
        raise
    except RegistryError as problem:
        url = f"{folder}/{index.path}"
        content = world.transport.get(url, limit_bytes=DOWNLOAD_LIMIT_BYTES)
        world.reporter.note(f"{problem.message}: {url} only says where to look, and is taken for that")
        return content


def contents_table(packed: bytes) -> bytes:
    """Piece by piece, since an index may have 600 MB; RegistryError when it is damaged."""
    found: set[bytes] = set()
    try:
        rest, size_bytes = b"", 0
        for piece in pieces(packed):
            size_bytes += len(piece)
            whole, _, rest = (rest + piece).rpartition(b"\n")
            if not is_dull(whole):
                found.update(rows(whole))
            if size_bytes > LIMIT_BYTES:
                raise EOFError("it has an absurd size")
        found.update(rows(rest))
    except (OSError, EOFError, zlib.error) as problem:
        raise RegistryError(f"the index of files is damaged: {problem}", hint=DAMAGED_HINT) from problem
    return b"".join(sorted(found))


def pieces(packed: bytes) -> Iterator[bytes]:
    """What gzip holds; zlib itself takes half the time of Python's module around it."""
    unpacker = zlib.decompressobj(31)
    for start in range(0, len(packed), PIECE_BYTES >> 4):
        rest = packed[start : start + (PIECE_BYTES >> 4)]
        while rest:
            yield unpacker.decompress(rest, PIECE_BYTES)
            rest = unpacker.unconsumed_tail
            if unpacker.eof and unpacker.unused_data:
                rest, unpacker = unpacker.unused_data, zlib.decompressobj(31)
    yield unpacker.flush()
    if not unpacker.eof:
        raise EOFError("it ends too early")


def is_dull(whole: bytes) -> bool:
    """Whether all lines are of a folder in which nothing is looked for."""
    last = whole[whole.rfind(b"\n") + 1 :]
    return any(whole.startswith(one) and last.startswith(one) for one in DULL) and b"/pkgconfig/" not in whole


def rows(content: bytes) -> Iterator[bytes]:
    for path, places in WANTED.findall(b"\n" + content + b"\n"):
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


def names_beginning(table: bytes, start: str) -> Iterator[str]:
    """Last names of indexed files, each as often as it is there."""
    wanted = start.encode()
    position = bisect_left(range(len(table)), wanted, key=lambda at: line(table, line_start(table, at)))
    position = line_start(table, position)
    if position < len(table) and line(table, position) < wanted:
        position += len(line(table, position)) + 1
    while (text := line(table, position)).startswith(wanted) and text:
        yield text.partition(b"\t")[0].decode("utf-8", "replace")
        position += len(text) + 1


def is_named_for(package: str, soname: str) -> bool:
    """Whether it is the package of a shared library by Debian's policy: its name, then its version, with a
    hyphen between two digits; "t64" marks the move to 64-bit time."""
    found = SONAME.fullmatch(soname)
    if found is None:
        return False
    name = found["name"].lower().replace("_", "-")
    version = found["version"].lower()
    expected = f"lib{name}{'-' if name[-1].isdigit() else ''}{version}"
    return package.removesuffix("t64") == expected


def soname_rank(soname: str) -> tuple[object, ...]:
    found = SONAME.fullmatch(soname)
    assert found is not None
    version = numbers(found["version"])
    return len(found["name"]), found["name"], len(version), tuple(-number for number in version), soname


def numbers(text: str) -> tuple[int, ...]:
    return tuple(int(one) for one in re.findall(r"\d+", text))


def line_start(table: bytes, position: int) -> int:
    return table.rfind(b"\n", 0, position) + 1


def line(table: bytes, start: int) -> bytes:
    end = table.find(b"\n", start)
    return table[start : end if end >= 0 else len(table)]
