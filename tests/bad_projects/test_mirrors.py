"""Debian mirrors that lie, through the whole program: the fixture archive on a loopback server."""

import http.server
import lzma
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from tests.bad_projects.conftest import LONELY, MakeProject, Refusing
from tests.bad_projects.test_requirements import LINKS, with_wheels
from tests.cli.program import Program
from tests.debian.archive_maker import make_deb, make_key, public, write_suite

FIXTURE = Path(__file__).parent.parent / "debian/fixture"

# The program, with the key of a fixture archive in the place of Debian's, and the snapshot archive moved.
TRUSTING = """
import pathlib, sys
import okamochi.debian.release, okamochi.debian.sources
key = pathlib.Path(sys.argv.pop(1)).read_bytes()
okamochi.debian.release.archive_keys = lambda: (key,)
okamochi.debian.sources.SNAPSHOT = sys.argv.pop(1)
from okamochi.__main__ import main
sys.exit(main())
"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        pass


@dataclass(frozen=True)
class Mirror:
    """A copy of the fixture archive that a test may damage, and the address where it is served."""

    folder: Path
    url: str

    @property
    def release(self) -> Path:
        return self.folder / "debian/dists/trixie/InRelease"

    @property
    def index(self) -> Path:
        return self.folder / "debian/dists/trixie/main/binary-amd64/Packages.xz"

    @property
    def deb(self) -> Path:
        return next(self.folder.glob("debian/pool/main/b/base-files/*.deb"))

    def refusing(self, key: Path | None, snapshot: str = "") -> Refusing:
        """`key` is what the program trusts; None: Debian's own keys. `snapshot` is where its snapshot archive
        is; none below the same server."""
        environ = {**LONELY, "OKAMOCHI_DEBIAN_MIRROR": f"{self.url}/debian"}
        if key is None:
            return Refusing(Program(environ))
        start = (sys.executable, "-c", TRUSTING, str(key), snapshot or f"{self.url}/snapshot")
        return Refusing(Program(environ, start))


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    folder = tmp_path / "mirror"
    shutil.copytree(FIXTURE, folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Mirror(folder, f"http://127.0.0.1:{server.server_address[1]}")
    server.shutdown()
    server.server_close()


@pytest.fixture
def project(make_project: MakeProject) -> Path:
    return with_wheels(make_project(requirements=LINKS + "flask\n"))


@dataclass(frozen=True)
class Lie:
    """What a mirror does, what the program says about it, and whether it stands behind a good signature."""

    tell: Callable[[Mirror], object]
    words: tuple[str, ...]
    code: int = 6
    environ: dict[str, str] = field(default_factory=dict)


def cut(path: Path, *, at: int = 2) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // at])


def flip(path: Path) -> None:
    """Same size, other bytes."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))


def stale(mirror: Mirror) -> None:
    key = make_key()
    (mirror.folder / "key.pgp").write_bytes(public(key))
    for suite in ("trixie", "trixie-updates"):
        old = "Sat, 01 Jan 2022 00:00:00 UTC"
        write_suite(mirror.folder / "debian", suite, (make_deb("libc6"),), key, valid_until=old)


LIES = {
    "a package with other bytes": Lie(lambda mirror: flip(mirror.deb), ("base-files", "sha256")),
    "a package that is cut off": Lie(lambda mirror: cut(mirror.deb), ("base-files",)),
    "a package that is gone": Lie(lambda mirror: mirror.deb.unlink(), ("base-files", "404")),
    "an index with other bytes": Lie(lambda mirror: flip(mirror.index), ("Packages",)),
    "an index that is cut off": Lie(lambda mirror: cut(mirror.index), ("Packages",)),
    "an index of another archive": Lie(
        lambda mirror: mirror.index.write_bytes(lzma.compress(b"Package: evil\n")), ("Packages",)
    ),
    "a Release file that is cut off": Lie(lambda mirror: cut(mirror.release), ("truncated", "InRelease")),
    "a Release file with other bytes": Lie(
        lambda mirror: mirror.release.write_bytes(mirror.release.read_bytes().replace(b"Test", b"Evil")),
        ("signature", "InRelease"),
    ),
    "a Release file that is not signed": Lie(
        lambda mirror: mirror.release.write_bytes(b"Suite: trixie\n"), ("no signed Release", "InRelease")
    ),
    "the page of a hotel's network": Lie(
        lambda mirror: mirror.release.write_bytes(b"<html>Please log in</html>"), ("no signed Release",)
    ),
    "another suite": Lie(
        lambda mirror: shutil.copy(mirror.folder / "debian/dists/trixie-updates/InRelease", mirror.release),
        ("answered with trixie-updates",),
    ),
    "a Release file of long ago": Lie(stale, ("stale", "clock")),
    "nothing": Lie(lambda mirror: shutil.rmtree(mirror.folder / "debian"), ("404",)),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_mirror_that_lies_is_told_and_nothing_of_it_is_used(
    mirror: Mirror, project: Path, lie: str
) -> None:
    told = LIES[lie]
    told.tell(mirror)
    mirror.refusing(mirror.folder / "key.pgp").build(
        project, told.code, *told.words, options=("--platform", "linux/amd64")
    )


def test_a_signature_by_anybody_else_is_refused(mirror: Mirror, project: Path) -> None:
    mirror.refusing(None).build(project, 6, "not from a Debian archive key", "InRelease")


def test_a_mirror_that_cannot_be_reached_is_transient(
    refuses: Refusing, project: Path, closed_port: int
) -> None:
    lost = refuses.having(OKAMOCHI_DEBIAN_MIRROR=f"http://127.0.0.1:{closed_port}/debian")
    lost.build(project, 75, f"127.0.0.1:{closed_port}")


@pytest.mark.parametrize("damage", [flip, cut])
def test_a_lie_is_no_trouble_of_the_network_though_the_snapshot_archive_cannot_be_reached(
    mirror: Mirror, project: Path, closed_port: int, damage: Callable[[Path], None]
) -> None:
    damage(mirror.deb)
    lost = mirror.refusing(mirror.folder / "key.pgp", snapshot=f"http://127.0.0.1:{closed_port}")
    words = ("base-files", "other content than was signed", mirror.deb.name, "OKAMOCHI_DEBIAN_MIRROR")
    lost.build(project, 6, *words, options=("--platform", "linux/amd64"))


def test_what_is_told_of_a_signature_is_for_people(mirror: Mirror, project: Path) -> None:
    told = mirror.refusing(None).having(RUST_BACKTRACE="1").build(project, 6, "Debian archive key")
    assert "backtrace" not in told.lower()


def test_after_a_lie_the_honest_mirror_serves_from_the_same_cache(mirror: Mirror, project: Path) -> None:
    honest = mirror.deb.read_bytes()
    refusing = mirror.refusing(mirror.folder / "key.pgp")
    flip(mirror.deb)
    refusing.build(project, 6, "base-files", options=("--platform", "linux/amd64"))
    mirror.deb.write_bytes(honest)
    answer = refusing.program("lock", project, "--platform", "linux/amd64")
    assert answer.code == 0, answer.stderr
    assert "deb base-files + 1.0-1" in answer.stdout
    # the fixture's Python is none, so the build gets past the packages and ends where Python is started
    assert "base-files" not in refusing.program("build", project, "--platform", "linux/amd64").stderr
