import datetime
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from okamochi.debian.archives import BASE_PACKAGES, ResolvedBase, resolve_base
from okamochi.debian.cuts import CUT_PACKAGES
from okamochi.errors import PlanError, RegistryError
from okamochi.oci.platform import LINUX_AMD64, LINUX_ARM64
from okamochi.system.world import World
from tests.debian.archive_maker import make_deb
from tests.debian.conftest import FIXTURE, NOW, Archive, MakeWorld

KEYS = ((FIXTURE / "key.pgp").read_bytes(),)


def resolve(world: World, *packages: str, archive: Archive | None = None, days: int = 0) -> ResolvedBase:
    return resolve_base(
        world,
        suite="trixie",
        platform=LINUX_AMD64,
        packages=packages,
        python_package="python3.13" if archive is None else "",
        keys=KEYS if archive is None else archive.keys,
        now=lambda: NOW + datetime.timedelta(days),
        apt_folder=Path("/nonexistent"),
    )


def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Archives made for a test have none of the packages of a base."""
    monkeypatch.setattr("okamochi.debian.archives.BASE_PACKAGES", ())


def test_the_closure_has_what_is_needed_and_nothing_that_is_cut(make_world: MakeWorld) -> None:
    names = [deb.name for deb in resolve(make_world()).debs]
    assert names == sorted(
        {
            *BASE_PACKAGES,
            "libpython3.13-minimal",
            "libpython3.13-stdlib",
            "libssl3t64",
            "python3.13-minimal",
        }
    )


def test_the_newest_version_of_all_suites_wins(make_world: MakeWorld) -> None:
    resolved = resolve(make_world())
    found = {deb.name: (deb.version, deb.archive) for deb in resolved.debs}
    assert found["tzdata"] == ("1.1-1", "debian")
    assert found["libssl3t64"] == ("1.0-1+deb13u1", "debian-security")
    assert resolved.snapshot == "2026-11-21T02:10:46Z"


def test_resolving_again_needs_no_index(make_world: MakeWorld) -> None:
    world = make_world()
    first = resolve(world)
    blobs = world.cache.root / "blobs"
    assert blobs.exists()
    for blob in blobs.rglob("*"):
        if blob.is_file():
            blob.unlink()
    assert resolve(world) == first


def test_a_package_that_is_not_there_is_named_with_near_ones(make_world: MakeWorld) -> None:
    with pytest.raises(PlanError, match=r"libpango-1\.0-0") as caught:
        resolve(make_world(), "libpango-1.0")
    assert caught.value.where == "tool.okamochi.packages"


def test_a_platform_that_the_mirror_has_not_is_said(make_world: MakeWorld) -> None:
    with pytest.raises(RegistryError, match="arm64"):
        resolve_base(make_world(), suite="trixie", platform=LINUX_ARM64, keys=KEYS, now=lambda: NOW)


def test_alternatives_and_virtual_packages(
    make_world: MakeWorld, make_archive: Callable[..., Archive], monkeypatch: pytest.MonkeyPatch
) -> None:
    small(monkeypatch)
    archive = make_archive(
        make_deb("app", depends="absent | second, virtual, versioned (>= 2), debconf | second"),
        make_deb("second"),
        make_deb("provider-b", provides="virtual"),
        make_deb("provider-a", provides="virtual, versioned"),
        make_deb("provider-c", provides="versioned (= 2.1)"),
    )
    resolved = resolve(make_world(archive.folder), "app", archive=archive)
    assert [deb.name for deb in resolved.debs] == ["app", "provider-a", "provider-c", "second"]


def test_all_that_is_missing_is_said_at_once(
    make_world: MakeWorld, make_archive: Callable[..., Archive], monkeypatch: pytest.MonkeyPatch
) -> None:
    small(monkeypatch)
    archive = make_archive(make_deb("app", depends="libone (>= 3), libtwo"), make_deb("libone"))
    with pytest.raises(PlanError, match="2 packages") as caught:
        resolve(make_world(archive.folder), "app", archive=archive)
    assert [line.partition(",")[0] for line in caught.value.details] == [
        "app needs libone (>= 3)",
        "app needs libtwo",
    ]


def test_a_cut_package_that_is_wanted_is_not_cut(
    make_world: MakeWorld, make_archive: Callable[..., Archive], monkeypatch: pytest.MonkeyPatch
) -> None:
    small(monkeypatch)
    archive = make_archive(make_deb("openssl"))
    assert [deb.name for deb in resolve(make_world(archive.folder), "openssl", archive=archive).debs] == [
        "openssl"
    ]


def test_one_run_sees_one_state_of_the_archive(
    make_world: MakeWorld, make_archive: Callable[..., Archive], monkeypatch: pytest.MonkeyPatch
) -> None:
    small(monkeypatch)
    archive = make_archive(make_deb("libdemo"))
    world = make_world(archive.folder)
    first = resolve(world, "libdemo", archive=archive)
    (archive.suite_folder / "InRelease").unlink()
    assert resolve(structs.replace(world, environ=dict(world.environ)), "libdemo", archive=archive) == first
    with pytest.raises(RegistryError):
        resolve(make_world(archive.folder), "libdemo", archive=archive)


class TestOffline:
    """The archive is a folder that is taken away, or changed, between two runs."""

    @pytest.fixture(autouse=True)
    def no_base(self, monkeypatch: pytest.MonkeyPatch) -> None:
        small(monkeypatch)

    def test_what_was_seen_last_is_chosen_from_also_for_other_packages(
        self, make_world: MakeWorld, make_archive: Callable[..., Archive]
    ) -> None:
        archive = make_archive(make_deb("libdemo"), make_deb("libother"))
        first = resolve(make_world(archive.folder), "libdemo", archive=archive)
        shutil.rmtree(archive.folder)
        assert resolve(make_world(archive.folder, offline=True), "libdemo", archive=archive) == first
        (other,) = resolve(make_world(archive.folder, offline=True), "libother", archive=archive).debs
        assert other.name == "libother"

    def test_with_network_nothing_old_is_taken(
        self, make_world: MakeWorld, make_archive: Callable[..., Archive]
    ) -> None:
        archive = make_archive()
        resolve(make_world(archive.folder), "libdemo", archive=archive)
        shutil.rmtree(archive.folder)
        with pytest.raises(RegistryError):
            resolve(make_world(archive.folder), "libdemo", archive=archive)

    def test_what_is_past_its_validity_is_taken_and_told(
        self, make_world: MakeWorld, make_archive: Callable[..., Archive]
    ) -> None:
        archive = make_archive(valid_until="Mon, 23 Nov 2026 00:00:00 UTC")
        first = resolve(make_world(archive.folder), "libdemo", archive=archive)
        shutil.rmtree(archive.folder)
        world = make_world(archive.folder, offline=True)
        assert resolve(world, "libdemo", archive=archive, days=3) == first
        (told,) = world.reporter.notes  # type: ignore[attr-defined]
        assert "past its validity" in told and "--offline" in told

    def test_what_was_never_seen_is_missing_and_the_hint_says_how_to_get_it(
        self, make_world: MakeWorld
    ) -> None:
        world = make_world(offline=True)
        mirrors = {"OKAMOCHI_DEBIAN_MIRROR": "http://one.example/debian http://two.example/debian"}
        with pytest.raises(RegistryError) as caught:
            resolve(structs.replace(world, environ=mirrors), "libdemo")
        assert "without --offline" in caught.value.hint


def test_every_cut_has_a_reason_and_stands_once() -> None:
    assert len({name for name, _ in CUT_PACKAGES}) == len(CUT_PACKAGES)
    assert all(reason for _, reason in CUT_PACKAGES)


class TestMirrorsThatLie:
    def failure(self, world: World, archive: Archive) -> RegistryError:
        with pytest.raises(RegistryError) as caught:
            resolve(world, "libdemo", archive=archive)
        assert caught.value.hint and caught.value.exit_code == 6
        return caught.value

    @pytest.fixture(autouse=True)
    def no_base(self, monkeypatch: pytest.MonkeyPatch) -> None:
        small(monkeypatch)

    def test_a_truncated_index(self, make_world: MakeWorld, make_archive: Callable[..., Archive]) -> None:
        archive = make_archive()
        index = archive.suite_folder / "main/binary-amd64/Packages.xz"
        index.write_bytes(index.read_bytes()[:-20])
        assert "digest" in self.failure(make_world(archive.folder), archive).message

    def test_another_index(self, make_world: MakeWorld, make_archive: Callable[..., Archive]) -> None:
        archive = make_archive()
        index = archive.suite_folder / "main/binary-amd64/Packages.xz"
        content = index.read_bytes()
        index.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        assert "digest" in self.failure(make_world(archive.folder), archive).message

    def test_an_unknown_signature(self, make_world: MakeWorld, make_archive: Callable[..., Archive]) -> None:
        archive = make_archive()
        assert "signature" in self.failure(make_world(archive.folder), replace(archive, keys=KEYS)).message

    def test_a_stale_release(self, make_world: MakeWorld, make_archive: Callable[..., Archive]) -> None:
        archive = make_archive(valid_until="Sat, 21 Nov 2026 00:00:00 UTC")
        assert "stale" in self.failure(make_world(archive.folder), archive).message

    def test_no_such_suite(self, make_world: MakeWorld, make_archive: Callable[..., Archive]) -> None:
        archive = make_archive()
        (archive.suite_folder / "InRelease").unlink()
        self.failure(make_world(archive.folder), archive)

    def test_offline(self, make_world: MakeWorld, make_archive: Callable[..., Archive]) -> None:
        world = make_world(offline=True)
        environ = {"OKAMOCHI_DEBIAN_MIRROR": "http://mirror.example/debian"}
        self.failure(structs.replace(world, environ=environ), make_archive())
