"""Which package has which file, from an index made here."""

import gzip

import pytest

from okamochi.debian import contents as module
from okamochi.debian.contents import Contents, Files, contents_table
from okamochi.errors import RegistryError
from tests.debian.contents_maker import contents_of

INDEX = b"""bin/unrelated                 admin/unrelated
usr/bin/pg_config                             libdevel/libpq-dev,database/postgresql-common-dev-variant
usr/include/mariadb/mysql.h                   libdevel/libmariadb-dev
usr/include/mariadb/server/mysql.h            libdevel/libmariadb-dev-extras
usr/include/sasl/sasl.h                       libdevel/libsasl2-dev
usr/include/other/sasl.h                      libdevel/other-dev
usr/lib/x86_64-linux-gnu/libpq.so.5           libs/libpq5
usr/lib/x86_64-linux-gnu/odbc/libtdsodbc.so   libs/tdsodbc
usr/lib/x86_64-linux-gnu/pkgconfig/cairo.pc   libdevel/libcairo2-dev
usr/share/doc/libpq5/copyright                libs/libpq5
usr/share/games/file with spaces.h            games/spaced
"""


@pytest.fixture
def contents() -> Contents:
    return contents_of(INDEX)


def test_a_header_is_found_by_the_path_that_include_names(contents: Contents) -> None:
    assert contents.package_of_header("sasl/sasl.h") == "libsasl2-dev"
    assert contents.package_of_header("mysql.h") == "libmariadb-dev"
    assert contents.package_of_header("sasl/missing.h") == ""


def test_programs_libraries_and_pkg_config_files_are_found_by_name(contents: Contents) -> None:
    assert contents.package_of_program("pg_config") == "libpq-dev"
    assert contents.package_of_program("unrelated") == "unrelated"
    assert contents.package_of_library("libpq.so.5") == "libpq5"
    assert contents.package_of_library("libpq.so") == ""
    assert contents.package_of_library("libtdsodbc.so") == "tdsodbc"
    assert contents.package_of_pkg_config("cairo") == "libcairo2-dev"


@pytest.mark.parametrize("name", ["", "\n", "\t", "zzz", "copyright", "a" * 5000, "../../etc/passwd"])
def test_what_no_package_has_is_nobodys(contents: Contents, name: str) -> None:
    assert contents.package_of_program(name) == ""


@pytest.mark.parametrize("files", Files)
def test_a_damaged_index_is_told(files: Files) -> None:
    with pytest.raises(RegistryError):
        contents_table(gzip.compress(INDEX * 100)[:-20], files)


@pytest.mark.parametrize("files", Files)
@pytest.mark.parametrize("piece_bytes", [150, 400, 1500])
def test_what_is_skipped_holds_nothing_that_is_wanted(
    files: Files, piece_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["a.h", "b.so.1", "liba.so", "libb.so.2", "x.pc", "tool", "zz"]
    folders = ["bin", "etc/x", "lib/x86_64-linux-gnu", "usr/bin", "usr/games", "usr/include/q/r", "usr/lib"]
    folders += ["usr/lib/db/17/bin", "usr/lib/gcc/x/12", "usr/lib/pkgconfig", "usr/lib/x86_64-linux-gnu"]
    folders += ["usr/lib/x86_64-linux-gnu/deep/er", "usr/lib/x86_64-linux-gnu/pkgconfig", "usr/sbin"]
    folders += [
        "usr/lib/x86_64-linux-gnu/odbc",
        "usr/share/doc/x",
        "usr/share/pkgconfig",
        "usr/share/q",
        "var/lib/x",
    ]
    lines = sorted(f"{folder}/{name}   misc/one" for folder in folders for name in names)
    packed = gzip.compress("".join(f"{line}\n" for line in lines).encode())
    whole = contents_table(packed, files)
    monkeypatch.setattr(module, "PIECE_BYTES", piece_bytes)
    assert contents_table(packed, files) == whole
    found = {row.split(b"\t")[1] for row in whole.splitlines()}
    if files is Files.RUNNING:
        assert {
            b"/usr/lib/db/17/bin/tool",
            b"/usr/lib/x86_64-linux-gnu/libb.so.2",
            b"/usr/lib/x86_64-linux-gnu/odbc/liba.so",
            b"/usr/lib/liba.so",
        } < found
    else:
        wanted = {b"/usr/include/q/r/a.h", b"/usr/share/pkgconfig/x.pc", b"/usr/lib/pkgconfig/x.pc"}
        assert found == {*wanted, b"/usr/lib/x86_64-linux-gnu/pkgconfig/x.pc"}
