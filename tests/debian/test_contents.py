"""Which package has which file, from an index made here."""

import gzip

import pytest

from okamochi.debian.contents import Contents, contents_table
from okamochi.errors import RegistryError

INDEX = b"""bin/unrelated                 admin/unrelated
usr/bin/pg_config                             libdevel/libpq-dev,database/postgresql-common-dev-variant
usr/include/mariadb/mysql.h                   libdevel/libmariadb-dev
usr/include/mariadb/server/mysql.h            libdevel/libmariadb-dev-extras
usr/include/sasl/sasl.h                       libdevel/libsasl2-dev
usr/include/other/sasl.h                      libdevel/other-dev
usr/lib/x86_64-linux-gnu/libpq.so.5           libs/libpq5
usr/lib/x86_64-linux-gnu/pkgconfig/cairo.pc   libdevel/libcairo2-dev
usr/share/doc/libpq5/copyright                libs/libpq5
usr/share/games/file with spaces.h            games/spaced
"""


@pytest.fixture
def contents() -> Contents:
    made = Contents(None, (), "amd64")  # type: ignore[arg-type]
    made._tables.update({"amd64": (contents_table(gzip.compress(INDEX)),), "all": ()})
    return made


def test_a_header_is_found_by_the_path_that_include_names(contents: Contents) -> None:
    assert contents.package_of_header("sasl/sasl.h") == "libsasl2-dev"
    assert contents.package_of_header("mysql.h") == "libmariadb-dev"
    assert contents.package_of_header("sasl/missing.h") == ""


def test_programs_libraries_and_pkg_config_files_are_found_by_name(contents: Contents) -> None:
    assert contents.package_of_program("pg_config") == "libpq-dev"
    assert contents.package_of_program("unrelated") == "unrelated"
    assert contents.package_of_library("libpq.so.5") == "libpq5"
    assert contents.package_of_library("libpq.so") == ""
    assert contents.package_of_pkg_config("cairo") == "libcairo2-dev"


@pytest.mark.parametrize("name", ["", "\n", "\t", "zzz", "copyright", "a" * 5000, "../../etc/passwd"])
def test_what_no_package_has_is_nobodys(contents: Contents, name: str) -> None:
    assert contents.package_of_program(name) == ""


def test_a_damaged_index_is_told() -> None:
    with pytest.raises(RegistryError):
        contents_table(gzip.compress(INDEX * 100)[:-20])
