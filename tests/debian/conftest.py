import datetime
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from okamochi.system.cache import Cache
from okamochi.system.clock import Clock
from okamochi.system.http import UrllibTransport
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from tests.debian.archive_maker import MadeDeb, make_deb, make_key, public, write_suite
from tests.recorded_runner import RecordedRunner

FIXTURE = Path(__file__).parent / "fixture"
NOW = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)

MakeWorld = Callable[..., World]


@pytest.fixture
def make_world(tmp_path: Path) -> MakeWorld:
    """A world whose Debian mirror is a folder, and whose cache is new."""

    def make(archives: Path = FIXTURE, *, cache: str = "cache", offline: bool = False) -> World:
        environ = {"OKAMOCHI_DEBIAN_MIRROR": (archives / "debian").as_uri()}
        if not (archives / "debian-security").exists():
            environ["OKAMOCHI_DEBIAN_SECURITY_MIRROR"] = "none"
        return World(
            runner=RecordedRunner({}),
            transport=UrllibTransport.of({}, offline=offline),
            cache=Cache.open(tmp_path / cache),
            clock=Clock(),
            environ=environ,
            reporter=SilentReporter(),
            offline=offline,
        )

    return make


@dataclass(frozen=True)
class Archive:
    """An archive made for one test, with its own key."""

    folder: Path
    keys: tuple[bytes, ...]

    @property
    def suite_folder(self) -> Path:
        return self.folder / "debian/dists/trixie"


@pytest.fixture
def make_archive(tmp_path: Path) -> Callable[..., Archive]:
    def make(*debs: MadeDeb, valid_until: str = "") -> Archive:
        key = make_key()
        folder = tmp_path / "archives"
        write_suite(folder / "debian", "trixie", debs or (make_deb("libdemo"),), key, valid_until=valid_until)
        write_suite(folder / "debian", "trixie-updates", (), key)
        return Archive(folder, (public(key),))

    return make
