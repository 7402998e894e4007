"""What a build's log says is missing, and which package has it."""

import pytest

from okamochi.debian.contents import Contents
from okamochi.workflows.from_source.missing_pieces import Remedy, remedy_for
from tests.debian.contents_maker import contents_of

INDEX = b"""usr/bin/pg_config libdevel/libpq-dev
usr/bin/cmake devel/cmake
usr/bin/swig devel/swig
usr/include/lber.h libdevel/libldap-dev
usr/lib/x86_64-linux-gnu/libsnappy.so libdevel/libsnappy-dev
usr/lib/x86_64-linux-gnu/pkgconfig/mariadb.pc libdevel/libmariadb-dev
usr/lib/x86_64-linux-gnu/pkgconfig/libjpeg.pc libdevel/libjpeg62-turbo-dev
usr/lib/x86_64-linux-gnu/pkgconfig/cairo.pc libdevel/libcairo2-dev
"""


@pytest.fixture
def contents() -> Contents:
    return contents_of(INDEX)


@pytest.mark.parametrize(
    ("log", "package"),
    [
        ("Modules/common.h:15:10: fatal error: lber.h: No such file or directory", "libldap-dev"),
        ("/usr/bin/ld: cannot find -lsnappy: No such file or directory", "libsnappy-dev"),
        ("Error: pg_config executable not found.", "libpq-dev"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'cmake'", "cmake"),
        ("/bin/sh: 1: swig: not found", "swig"),
        ("The headers or library files could not be found for jpeg,", "libjpeg62-turbo-dev"),
        ("The headers or library files could not be found for lber,", "libldap-dev"),
        ("error: command 'swig' failed\nunable to execute 'swig': No such file or directory", "swig"),
        ("Package cairo was not found in the pkg-config search path.", "libcairo2-dev"),
        ('meson.build:18:12: ERROR: Dependency "cairo" not found, tried pkgconfig', "libcairo2-dev"),
        (
            "'pkg-config --exists mysqlclient' returned non-zero\n'pkg-config mariadb' returned non-zero",
            "libmariadb-dev",
        ),
    ],
)
def test_the_package_that_has_the_missing_piece_is_named(contents: Contents, log: str, package: str) -> None:
    assert remedy_for(log, contents).packages == (package,)


@pytest.mark.parametrize(
    ("log", "requirement"),
    [
        ("ModuleNotFoundError: No module named 'numpy'", "numpy"),
        ("ModuleNotFoundError: No module named 'pkg_resources'", "setuptools<81"),
        ("error in suds setup command: use_2to3 is invalid.", "setuptools<58"),
        ("ImportError: cannot import name 'Feature' from 'setuptools' (x.py)", "setuptools<46"),
        ("ImportError: cannot import name 'convert_path' from 'setuptools' (x.py)", "setuptools<70"),
    ],
)
def test_the_python_package_that_a_build_misses_is_named(
    contents: Contents, log: str, requirement: str
) -> None:
    assert remedy_for(log, contents).requirements == (requirement,)


def test_rust_is_refused_with_the_reason_and_other_failures_have_no_remedy(contents: Contents) -> None:
    assert "Rust" in remedy_for("error: can't find Rust compiler", contents).hopeless
    assert remedy_for("ModuleNotFoundError: No module named 'our_secret_tools'", contents) == Remedy()
    nothing = remedy_for("fatal error: nowhere.h: No such file or directory\nerror: tiny.c:3", contents)
    assert nothing == Remedy()
