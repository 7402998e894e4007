"""The suites that okamochi builds from, and what differs between them."""

import datetime
from collections.abc import Callable
from pathlib import Path

import pytest

from okamochi.debian.archives import ResolvedBase, resolve_base
from okamochi.debian.control import parse_stanza
from okamochi.debian.cuts import CUT_PACKAGES, is_cut
from okamochi.debian.deb import Control
from okamochi.debian.dpkg_status import md5sums
from okamochi.debian.trims import is_kept
from okamochi.errors import PlanError, RegistryError
from okamochi.model.suites import SUITES, Support, suite_named, suite_of_python
from okamochi.oci.platform import LINUX_AMD64
from okamochi.system.world import World
from tests.debian.archive_maker import make_deb, make_key, public, write_suite
from tests.debian.conftest import MakeWorld

LAST_WEEK = "Sun, 15 Nov 2026 00:00:00 UTC"
NOW = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)


@pytest.fixture
def old_archive(
    tmp_path: Path, make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], tuple[World, ResolvedBase]]:
    """A base from a suite whose signature ended last week, and the world that tells about it."""
    monkeypatch.setattr("okamochi.debian.archives.BASE_PACKAGES", ())

    def resolve(suite: str) -> tuple[World, ResolvedBase]:
        key = make_key()
        for name, debs in ((suite, (make_deb("libdemo"),)), (f"{suite}-updates", ())):
            write_suite(tmp_path / "archives/debian", name, debs, key, valid_until=LAST_WEEK)
        world = make_world(tmp_path / "archives")
        resolved = resolve_base(
            world,
            suite=suite,
            platform=LINUX_AMD64,
            packages=("libdemo",),
            python_package="",
            keys=(public(key),),
            now=lambda: NOW,
            apt_folder=Path("/nonexistent"),
        )
        return world, resolved

    return resolve


@pytest.mark.parametrize("suite", ["bullseye", "forky"])
def test_a_suite_that_nobody_signs_anew_is_taken_once_told(
    suite: str, old_archive: Callable[[str], tuple[World, ResolvedBase]]
) -> None:
    world, resolved = old_archive(suite)
    assert [deb.name for deb in resolved.debs] == ["libdemo"]
    (told,) = world.reporter.notes  # type: ignore[attr-defined]
    assert suite in told and "past its validity" in told


@pytest.mark.parametrize("suite", ["trixie", "bookworm"])
def test_an_old_release_file_of_a_suite_that_is_looked_after_is_refused(
    suite: str, old_archive: Callable[[str], tuple[World, ResolvedBase]]
) -> None:
    with pytest.raises(RegistryError, match="stale"):
        old_archive(suite)


def test_each_python_has_one_suite_and_the_best_suite_comes_first() -> None:
    assert len({suite.python_version for suite in SUITES}) == len(SUITES)
    assert SUITES[0].support is Support.SUPPORTED
    assert suite_of_python("3.11") is suite_named("bookworm")
    assert suite_of_python("3.12") is None
    with pytest.raises(PlanError, match="buster"):
        suite_named("buster")


def test_what_only_old_pythons_have_comes_with_them() -> None:
    cuts = dict(CUT_PACKAGES)
    assert not is_cut("libpython3.9-stdlib", "libcrypt1", cuts)
    assert is_cut("libc6", "libcrypt1", cuts)
    assert is_cut("libpython3.11-stdlib", "libnsl2", cuts) and not is_cut("libodbc2", "libnsl2", cuts)
    crypt = "usr/lib/python{}/lib-dynload/_crypt.cpython-x-x86_64-linux-gnu.so"
    assert is_kept("libpython3.9-stdlib", crypt.format("3.9"))
    assert not is_kept("libpython3.13-stdlib", crypt.format("3.13"))


def test_digests_of_packages_from_before_the_merged_usr_are_kept() -> None:
    control = Control(
        text="Package: libc6\nVersion: 2.31-13\nArchitecture: amd64\nMulti-Arch: same\n",
        md5sums=b"00  lib/x86_64-linux-gnu/libc-2.31.so\n11  usr/share/man/x.7\n",
        scripts=(),
    )
    assert parse_stanza(control.text)["package"] == "libc6"
    path, content = md5sums("libc6", control, {"usr/lib/x86_64-linux-gnu/libc-2.31.so"})
    assert path == "var/lib/dpkg/info/libc6:amd64.md5sums"
    assert content == b"00  lib/x86_64-linux-gnu/libc-2.31.so\n"
