"""What is laid upon a system that has packages already."""

from collections.abc import Callable
from pathlib import Path

import pytest

from okamochi.debian.archives import resolve_added
from okamochi.debian.control import Stanza
from okamochi.errors import PlanError
from okamochi.oci.platform import LINUX_AMD64
from tests.debian.archive_maker import MadeDeb, make_deb
from tests.debian.conftest import NOW, Archive, MakeWorld

Added = Callable[..., list[str]]


def there(name: str, version: str = "1.0-1", **fields: str) -> Stanza:
    return {"package": name, "version": version, "status": "install ok installed", **fields}


@pytest.fixture
def added(make_world: MakeWorld, make_archive: Callable[..., Archive]) -> Added:
    """Names and versions of what an archive of `debs` adds to `installed`."""

    def resolve(debs: list[MadeDeb], installed: list[Stanza], *wanted: str) -> list[str]:
        archive = make_archive(*debs)
        found = resolve_added(
            make_world(archive.folder),
            suite="trixie",
            platform=LINUX_AMD64,
            packages=wanted,
            installed=installed,
            keys=archive.keys,
            now=lambda: NOW,
            apt_folder=Path("/nonexistent"),
        )
        return [f"{deb.name} {deb.version}" for deb in found.debs]

    return resolve


def test_what_is_there_stays_as_it_is(added: Added) -> None:
    debs = [make_deb("libpango", "2.0-1", depends="libc6 (>= 1.0), virtual-ssl"), make_deb("libc6", "2.0-1")]
    installed = [there("libc6", "1.5-1"), there("libssl3", provides="virtual-ssl")]
    assert added(debs, installed, "libpango", "libc6") == ["libpango 2.0-1"]


def test_what_is_not_installed_any_more_does_not_count(added: Added) -> None:
    gone = there("libc6") | {"status": "deinstall ok config-files"}
    assert added([make_deb("libc6", "2.0-1")], [gone], "libc6") == ["libc6 2.0-1"]


def test_a_newer_version_that_is_asked_for_takes_along_what_goes_with_it(added: Added) -> None:
    debs = [
        make_deb("gluer", "5.2-1", depends="glue (= 5.2-1)"),
        make_deb("glue", "5.2-1"),
        make_deb("glue-tools", "5.2-1", depends="glue (= 5.2-1), extra"),
        make_deb("extra"),
        make_deb("other", "9.0-1"),
    ]
    installed = [
        there("glue", "5.1-1"),
        there("glue-tools", "5.1-1", depends="glue (= 5.1-1)"),
        there("other", depends="glue (>= 5.0)"),
    ]
    expected = ["extra 1.0-1", "glue 5.2-1", "glue-tools 5.2-1", "gluer 5.2-1"]
    assert added(debs, installed, "gluer") == expected


def test_what_the_image_lacked_from_the_start_is_not_mended(added: Added) -> None:
    installed = [there("trimmed", depends="absent")]
    assert added([make_deb("wanted")], installed, "wanted") == ["wanted 1.0-1"]


def test_a_package_of_the_image_that_cannot_follow_is_an_error_that_names_it(added: Added) -> None:
    debs = [make_deb("gluer", "5.2-1", depends="glue (= 5.2-1)"), make_deb("glue", "5.2-1")]
    installed = [
        there("glue", "5.1-1"),
        there("their-own", "1.0-1", depends="glue (= 5.1-1)"),
    ]
    with pytest.raises(PlanError, match=r"their-own 1\.0-1 of the image does not go with newer packages"):
        added(debs, installed, "gluer")


def test_a_package_that_nobody_has_is_named_with_near_ones(added: Added) -> None:
    with pytest.raises(PlanError, match=r"no package libpango-1\.0; near: libpango-1\.0-0"):
        added([make_deb("libpango-1.0-0")], [there("libc6")], "libpango-1.0")


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("libssl1.1", "; near: libssl3t64"),
        ("ffmpge", "; near: ffmpeg"),
        ("ffmpegs", "; near: ffmpeg"),
        ("chromium-browser", "; near: chromium"),
        ("tesseract", "; near: tesseract-ocr"),
        ("libmagickwand", ""),
        ("fontconfig-tools", ""),
    ],
)
def test_only_what_may_have_been_meant_is_near(added: Added, asked: str, near: str) -> None:
    names = (
        "libssl3t64",
        "ffmpeg",
        "chromium",
        "tesseract-ocr",
        "libmagic1t64",
        "libmalcontent-0-0",
        "fonts-agave",
    )
    with pytest.raises(PlanError) as caught:
        added([make_deb(name) for name in names], [there("libc6")], asked)
    assert caught.value.message == f"trixie has no package {asked}{near}"
