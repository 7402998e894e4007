"""Makes tests/debian/fixture: a signed archive that never moves, for digests that must not.

Run `python -m tests.debian.make_fixture` after a change here; packages come out the same, signatures do not.
The key that signs is thrown away.
"""

import shutil
from pathlib import Path

from tests.debian.archive_maker import MadeDeb, Tree, make_deb, make_key, public, shared_library, write_suite

FIXTURE = Path(__file__).parent / "fixture"
LIB = "usr/lib/x86_64-linux-gnu"
STDLIB = "usr/lib/python3.13"
CERTIFICATE = b"-----BEGIN CERTIFICATE-----\n%b\n-----END CERTIFICATE-----\n"


def doc(name: str) -> dict[str, bytes]:
    return {f"usr/share/doc/{name}/copyright": b"Public domain\n", f"usr/share/doc/{name}/README": b"no\n"}


def library(name: str, soname: str, depends: str = "libc6 (>= 2.38)", suffix: str = ".xz") -> MadeDeb:
    tree = Tree(
        {**doc(name), f"{LIB}/{soname}.9": shared_library(soname)}, {f"{LIB}/{soname}": f"{soname}.9"}
    )
    return make_deb(name, tree=tree, depends=depends, suffix=suffix)


def data(name: str, files: dict[str, bytes], version: str = "1.0-1", depends: str = "") -> MadeDeb:
    tree = Tree({**doc(name), **files})
    return make_deb(name, version, tree, depends=depends, architecture="all", suffix=".gz")


def python() -> tuple[MadeDeb, ...]:
    minimal = Tree(
        {**doc("python3.13-minimal"), "usr/bin/python3.13": b"#!/bin/false\n"},
        {},
        frozenset({"usr/bin/python3.13"}),
    )
    stdlib = {
        f"{STDLIB}/os.py": b"name = 'posix'\n",
        f"{STDLIB}/json/__init__.py": b"def loads(text): ...\n",
        f"{STDLIB}/__pycache__/os.cpython-313.pyc": b"stale",
        f"{STDLIB}/idlelib/idle.py": b"window = None\n",
        f"{STDLIB}/test/test_os.py": b"assert True\n",
        f"{STDLIB}/_pydecimal.py": b"slow = True\n",
    }
    return (
        make_deb(
            "python3.13-minimal", "3.13.5-2", minimal, depends="libpython3.13-minimal (= 3.13.5-2), libc6"
        ),
        make_deb("libpython3.13-minimal", "3.13.5-2", Tree({f"{STDLIB}/abc.py": b"ABC = type\n"})),
        make_deb(
            "libpython3.13-stdlib",
            "3.13.5-2",
            Tree(stdlib),
            depends="libpython3.13-minimal (= 3.13.5-2), media-types | mime, libdb5.3t64",
            suffix=".zst",
        ),
    )


def system() -> tuple[MadeDeb, ...]:
    libc = Tree(
        {**doc("libc6"), f"{LIB}/libc.so.6": shared_library("libc.so.6"), f"{LIB}/gconv/EUC-JP.so": b"no"},
        {"usr/lib64/ld-linux-x86-64.so.2": "../lib/x86_64-linux-gnu/libc.so.6"},
    )
    authorities = {
        f"usr/share/ca-certificates/mozilla/{name}.crt": CERTIFICATE % name.encode()
        for name in ("One", "Two")
    }
    return (
        data("base-files", {"usr/lib/os-release": b"ID=debian\n", "etc/motd": b"hello\n"}, depends="awk"),
        data("ca-certificates", authorities, depends="openssl (>= 1.1), debconf (>= 0.5) | debconf-2.0"),
        make_deb(
            "libc-bin", "2.41-12", Tree({"usr/bin/getent": b"no", "usr/lib/locale/C.utf8/LC_CTYPE": b"C"})
        ),
        make_deb("libc6", "2.41-12", libc, depends="libgcc-s1"),
        library("libgcc-s1", "libgcc_s.so.1"),
        library("libssl3t64", "libssl.so.3"),
        library("libstdc++6", "libstdc++.so.6", suffix=".zst"),
        data("media-types", {"etc/mime.types": b"font/woff2\twoff2\n"}),
        data("netbase", {"etc/services": b"https 443/tcp\n"}),
        data("tzdata", {"usr/share/zoneinfo/Etc/UTC": b"TZif2", "usr/share/zoneinfo/right/UTC": b"no"}),
        library("zlib1g", "libz.so.1"),
        library("libpango-1.0-0", "libpango-1.0.so.0", depends="fontconfig (>= 2.13), libc6, zlib1g"),
    )


def main() -> None:
    shutil.rmtree(FIXTURE, ignore_errors=True)
    key = make_key()
    (FIXTURE / "debian").mkdir(parents=True)
    (FIXTURE / "key.pgp").write_bytes(public(key))
    write_suite(FIXTURE / "debian", "trixie", (*system(), *python()), key)
    write_suite(
        FIXTURE / "debian",
        "trixie-updates",
        [data("tzdata", {"usr/share/zoneinfo/Etc/UTC": b"TZif3"}, "1.1-1")],
        key,
    )
    fixed = make_deb(
        "libssl3t64", "1.0-1+deb13u1", Tree({f"{LIB}/libssl.so.3": shared_library("libssl.so.3")})
    )
    write_suite(FIXTURE / "debian-security", "trixie-security", [fixed], key)


if __name__ == "__main__":
    main()
