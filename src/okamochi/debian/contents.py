"""Which package has which header, program, library or pkg-config file.

Source: Contents-<architecture> ("Contents indices" in Debian's RepositoryFormat): a line per file, its path
without the leading slash, spaces, then section/package names separated by commas. Of its millions of lines
two sorted tables are kept in the cache, of what runs and of what compilers read: a row is the file's last
name, its path and its packages, so that one binary search answers.
"""

import re
import zlib
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from typing import BinaryIO

import msgspec

from okamochi.debian.archives import Archive
from okamochi.debian.packages import DAMAGED_HINT, download_verified
from okamochi.debian.release import IndexFile
from okamochi.errors import RegistryError, TransientRegistryError
from okamochi.oci.platform import Platform
from okamochi.system.patterns import regex
from okamochi.system.world import World

__all__ = ["Contents", "Files", "contents_table"]

KIND = "debian-files"
FORMAT = "5"
PIECE_BYTES = 1 << 20
PACKED_PIECE_BYTES = 1 << 14
LIMIT_BYTES = 2_000_000_000
DOWNLOAD_LIMIT_BYTES = 100_000_000
# An index is sorted: where the first and the last line of a piece are in one of these folders, all are, and
# none is of that kind. Five sixths of it are skipped so.
RUNS = regex(
    rb"\n((?:usr/)?lib/(?:[^/\s]+/)?lib[^/\s]*\.so[^/\s]*|(?:usr/)?s?bin/[^/\s]+"
    rb"|usr/lib/[^/\s]+/[0-9][^/\s]*/bin/[^/\s]+|usr/lib/[^/\s]+/odbc/[^/\s]+\.so)[ \t]+(\S+)(?=\n)"
)
NOT_RUN = regex(
    rb"(?:usr/(?:games|include|libexec|share|src)|var|etc)/|(?:usr/)?lib/[^/\s]+/(?!odbc/)[^/\s0-9][^/\s]*/"
)
COMPILED = regex(
    rb"\n(usr/include/\S+\.h(?:pp|xx|h)?|usr/(?:lib/(?:[^/\s]+/)?|share/)pkgconfig/[^/\s]+\.pc)"
    rb"[ \t]+(\S+)(?=\n)"
)
NOT_COMPILED = regex(
    rb"(?:usr/(?:bin|games|libexec|sbin|src)|var|etc)/|usr/share/(?!pkgconfig/)[^/\s]+/"
    rb"|usr/lib/[^/\s]+/(?!pkgconfig/)[^/\s]+/"
)
SONAME = regex(r"lib(?P<name>.+)\.so\.(?P<version>[0-9][\w.]*)")


class Files(Enum):
    """RUNNING: shared libraries and programs. COMPILING: headers, and what tells compilers of libraries."""

    RUNNING = "running"
    COMPILING = "compiling"

    def found_in(self, whole: bytes) -> list[tuple[bytes, bytes]]:
        """Paths, and what the index has beside them."""
        wanted, dull = (RUNS, NOT_RUN) if self is Files.RUNNING else (COMPILED, NOT_COMPILED)
        folder = dull.match(whole)
        if folder is not None and whole.startswith(folder[0], whole.rfind(b"\n") + 1):
            return []
        found: list[tuple[bytes, bytes]] = wanted.findall(b"\n" + whole + b"\n")
        return found


class Owner(msgspec.Struct, frozen=True):
    path: str
    packages: tuple[str, ...]


class Contents(msgspec.Struct):
    """The files of a suite's packages; an index is downloaded at the first question."""

    world: World
    archives: Sequence[Archive]
    architecture: str
    _tables: dict[tuple[Files, str], tuple[bytes, ...]] = msgspec.field(default_factory=dict)

    def package_of_header(self, header: str) -> str:
        """For "sasl/sasl.h" as #include names it; "" when no package has it."""
        tail = "/" + header.lstrip("/")
        name = header.rpartition("/")[2]
        return self._best(name, lambda path: path.endswith(tail), ("all",), Files.COMPILING)

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
        return self._best(f"{module}.pc", lambda path: "/pkgconfig/" in path, ("all",), Files.COMPILING)

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

    def programs_of(self, package: str, *, everywhere: bool = True) -> tuple[str, ...]:
        """Names of the programs in a package, sorted; `everywhere` as above."""
        for architecture in ("", "all") if everywhere else ("",):
            tables = self._table(architecture)
            paths = {row.path for table in tables for row in rows_of_package(table, package)}
            found = sorted(
                {path.rpartition("/")[2] for path in paths if path.split("/")[-2] in ("bin", "sbin")}
            )
            if found:
                return tuple(found)
        return ()

    def libraries_of(self, package: str) -> tuple[str, ...]:
        """Sonames with a version of the libraries that a package puts where the loader looks, sorted."""
        paths = {row.path for table in self._table("") for row in rows_of_package(table, package)}
        names = {path.rpartition("/")[2] for path in paths if "/lib/" in path and path.count("/") <= 4}
        return tuple(sorted(name for name in names if re.fullmatch(r"lib.+\.so\.\d+", name)))

    def _libraries(self, soname: str) -> list[Owner]:
        multiarch = Platform.parse(f"linux/{self.architecture}").multiarch
        folders = ["/usr/lib", "/lib", f"/usr/lib/{multiarch}", f"/lib/{multiarch}"]
        folders.append(f"/usr/lib/{multiarch}/odbc")  # where ODBC's manager finds drivers, by odbcinst.ini
        return [row for row in self._owners(soname) if row.path.rpartition("/")[0] in folders]

    def _best(
        self,
        name: str,
        fits: Callable[[str], bool],
        further: tuple[str, ...] = (),
        files: Files = Files.RUNNING,
    ) -> str:
        """The package with the shallowest such file, then with the shortest name: variants have longer.
        The index of packages for all architectures is three times as large, and asked only then."""
        for architecture in ("", *further):
            rows = [owner for owner in self._owners(name, architecture, files) if fits(owner.path)]
            found = [(owner.path.count("/"), len(one), one) for owner in rows for one in owner.packages]
            if found:
                return min(found)[2]
        return ""

    def _owners(self, name: str, architecture: str = "", files: Files = Files.RUNNING) -> list[Owner]:
        """Every indexed file whose last name is `name`, in all suites, in the order of paths."""
        found = {row for table in self._table(architecture, files) for row in owners(table, name)}
        return sorted(found, key=lambda row: (row.path, row.packages))

    def _table(self, architecture: str, files: Files = Files.RUNNING) -> tuple[bytes, ...]:
        """One of each suite; "" is the image's own architecture."""
        architecture = architecture or self.architecture
        key = (files, architecture)
        if key not in self._tables:
            tables = (table_of(self.world, one, architecture, files) for one in self.archives)
            self._tables[key] = tuple(tables)
        return self._tables[key]


def table_of(world: World, one: Archive, architecture: str, files: Files) -> bytes:
    """The table of one suite; empty where the suite has no such index, as some archives do."""
    index = one.release.file(f"main/Contents-{architecture}.gz")
    if index is None or index.size_bytes > DOWNLOAD_LIMIT_BYTES:
        return b""
    key = f"{FORMAT} {files.value} {index.sha256}"
    known = world.cache.record(KIND, key)
    if known is not None:
        held = world.cache.blob(known.decode())
        if held is not None:
            return held.read_bytes()
    with world.reporter.step(f"Base: which package has which file ({one.release.suite})"):
        table = contents_table(packed_index(world, one, index), files)

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
    except RegistryError:
        url = f"{folder}/{index.path}"
        content = world.transport.get(url, limit_bytes=DOWNLOAD_LIMIT_BYTES)
        world.reporter.note(
            f"{url} is not the file that was signed (mirrors have such in the middle of an update):"
            " it is used to look up which package has a file; packages themselves are verified"
        )
        return content


def contents_table(packed: bytes, files: Files) -> bytes:
    """Piece by piece, since an index may have 600 MB; RegistryError when it is damaged."""
    found: set[bytes] = set()
    try:
        rest, size_bytes = b"", 0
        for piece in pieces(packed):
            size_bytes += len(piece)
            whole, _, rest = (rest + piece).rpartition(b"\n")
            found.update(rows(whole, files))
            if size_bytes > LIMIT_BYTES:
                raise EOFError("it has an absurd size")
        found.update(rows(rest, files))
    except (OSError, EOFError, zlib.error) as problem:
        raise RegistryError(f"the index of files is damaged: {problem}", hint=DAMAGED_HINT) from problem
    return b"".join(sorted(found))


def pieces(packed: bytes) -> Iterator[bytes]:
    """What gzip holds; zlib itself takes half the time of Python's module around it."""
    unpacker = zlib.decompressobj(31)
    for start in range(0, len(packed), PACKED_PIECE_BYTES):
        rest = packed[start : start + PACKED_PIECE_BYTES]
        while rest:
            yield unpacker.decompress(rest, PIECE_BYTES)
            rest = unpacker.unconsumed_tail
            if unpacker.eof and unpacker.unused_data:
                rest, unpacker = unpacker.unused_data, zlib.decompressobj(31)
    yield unpacker.flush()
    if not unpacker.eof:
        raise EOFError("it ends too early")


def rows(whole: bytes, files: Files) -> Iterator[bytes]:
    """Of some whole lines."""
    for path, places in files.found_in(whole):
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


def rows_of_package(table: bytes, package: str) -> Iterator[Owner]:
    """Every indexed file of one package: a look at the whole table, which takes some milliseconds."""
    name, position = package.encode(), -1
    while (position := table.find(name, position + 1)) >= 0:
        end = position + len(name)
        if table[position - 1 : position] in (b"\t", b",") and table[end : end + 1] in (b"\n", b","):
            text = line(table, line_start(table, position)).decode("utf-8", "replace")
            _, path, packages = text.split("\t")
            if package in packages.split(","):
                yield Owner(path, tuple(packages.split(",")))


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
