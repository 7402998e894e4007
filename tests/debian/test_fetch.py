"""Which files count as Debian's packages."""

import hashlib
from pathlib import Path
from typing import BinaryIO

import pytest

from okamochi.debian.fetch import fetch_deb, require_cached
from okamochi.debian.sources import Mirrors, find_mirrors
from okamochi.errors import AlteredError, RegistryError
from okamochi.model.lock import LockedDeb
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World

CONTENT = b"!<arch>\nof the project"
DEB = LockedDeb(
    name="python3.13-minimal",
    version="3.13.5-2",
    architecture="amd64",
    archive="debian",
    filename="pool/main/p/python3.13/python3.13-minimal_3.13.5-2_amd64.deb",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    size_bytes=len(CONTENT),
)


class OneMirror:
    """Counts what it is asked for; has one file, or none."""

    def __init__(self, content: bytes | None) -> None:
        self.content = content
        self.asked = 0

    def get(self, url: str, **_: object) -> bytes:
        raise RegistryError("there is none", where=url, hint="")

    def download(self, url: str, to: BinaryIO, **_: object) -> str:
        self.asked += 1
        if self.content is None:
            raise RegistryError("the server answers 404", where=url, hint="")
        to.write(self.content)
        return hashlib.sha256(self.content).hexdigest()


def world_of(tmp_path: Path, mirror: OneMirror, *, offline: bool = False) -> World:
    real = World.real({}, SilentReporter(), cache_root=tmp_path / "cache", offline=offline)
    return World(real.runner, mirror, real.cache, real.clock, real.environ, real.reporter, offline)


@pytest.fixture
def mirrors() -> Mirrors:
    return find_mirrors({"OKAMOCHI_DEBIAN_MIRROR": "https://mirror.example/debian"})


def test_a_file_that_a_project_brought_into_the_cache_is_no_package_whatever_a_lock_says(
    tmp_path: Path, mirrors: Mirrors
) -> None:
    mirror = OneMirror(None)
    world = world_of(tmp_path, mirror)
    assert world.cache.put_bytes(CONTENT) == DEB.sha256
    with pytest.raises(RegistryError, match="cannot be fetched"):
        fetch_deb(world, DEB, mirrors, "")
    mirror.content = b"the archive's"
    with pytest.raises(AlteredError):
        fetch_deb(world, DEB, mirrors, "")
    with pytest.raises(RegistryError, match="1 Debian packages are not in the cache"):
        require_cached(world_of(tmp_path, mirror, offline=True), (DEB,))


@pytest.mark.parametrize("known", [False, True])
def test_what_a_mirror_gave_once_is_not_asked_for_again(
    tmp_path: Path, mirrors: Mirrors, known: bool
) -> None:
    mirror = OneMirror(CONTENT)
    world = world_of(tmp_path, mirror)
    if known:
        world.cache.put_bytes(CONTENT)
    assert fetch_deb(world, DEB, mirrors, "").read_bytes() == CONTENT
    asked = mirror.asked
    assert asked == 1
    assert fetch_deb(world, DEB, mirrors, "").read_bytes() == CONTENT
    require_cached(world_of(tmp_path, mirror, offline=True), (DEB,))
    assert mirror.asked == asked
