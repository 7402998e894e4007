"""Tiny wheels, a world without network, and a package index on the loopback interface."""

import base64
import csv
import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from tests.recorded_runner import RecordedRunner

from okamochi.system.cache import Cache
from okamochi.system.clock import Clock
from okamochi.system.http import UrllibTransport
from okamochi.system.progress import SilentReporter
from okamochi.system.subprocess_runner import SubprocessRunner
from okamochi.system.world import World

PYTHON = "3.13"
GLIBC = "2.41"


def make_wheel(
    folder: Path,
    name: str,
    version: str = "1.0",
    *,
    requires: tuple[str, ...] = (),
    files: Mapping[str, bytes] | None = None,
    executable: frozenset[str] = frozenset(),
    tag: str = "py3-none-any",
    unrecorded: frozenset[str] = frozenset(),
    claimed: tuple[str, ...] = (),
    entry_points: str = "",
) -> Path:
    """A valid wheel; `files` are its members beside the metadata (default: one module)."""
    escaped = name.replace("-", "_")
    info = f"{escaped}-{version}.dist-info"
    members = dict(files) if files is not None else {f"{escaped}.py": b"value = 1\n"}
    requirements = "".join(f"Requires-Dist: {item}\n" for item in requires)
    members[f"{info}/METADATA"] = (
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requirements}".encode()
    )
    members[f"{info}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n".encode()
    )
    if entry_points:
        members[f"{info}/entry_points.txt"] = entry_points.encode()
    members[f"{info}/RECORD"] = _record(members, info, unrecorded, claimed)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{escaped}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in members.items():
            entry = zipfile.ZipInfo(member, (2020, 1, 1, 0, 0, 0))
            entry.external_attr = (0o100755 if member in executable else 0o100644) << 16
            archive.writestr(entry, content)
    return path


def make_source(folder: Path, name: str, version: str = "1.0") -> Path:
    """A source distribution that nobody may execute, be it to learn what it needs."""
    path = folder / f"{name.replace('-', '_')}-{version}.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        text = b"raise SystemExit('this was executed')\n"
        entry = tarfile.TarInfo(f"{name}-{version}/setup.py")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
    return path


def _record(
    members: Mapping[str, bytes], info: str, unrecorded: frozenset[str], claimed: tuple[str, ...]
) -> bytes:
    rows: list[tuple[str, str, object]] = [(path, "", "") for path in claimed]
    for member, content in members.items():
        if member in unrecorded:
            continue
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        rows.append((member, f"sha256={digest}", len(content)))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([*rows, (f"{info}/RECORD", "", "")])
    return text.getvalue().encode()


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def local_environ(tmp_path: Path, *, links: Path | None = None) -> dict[str, str]:
    """No setting of this machine; with `links`, packages from that folder only."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    environ = {
        "HOME": str(home),
        "PATH": "/usr/bin:/bin",
        "PIP_CONFIG_FILE": "/dev/null",
        "XDG_CONFIG_HOME": str(home / ".config"),
        "UV_HTTP_RETRIES": "0",
    }
    if links is not None:
        links.mkdir(exist_ok=True)
        environ |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(links)}
    return environ


def make_world(
    tmp_path: Path,
    environ: Mapping[str, str],
    *,
    runner: SubprocessRunner | RecordedRunner | None = None,
    offline: bool = False,
    cache: str = "cache",
) -> World:
    return World(
        runner=runner or SubprocessRunner(),
        transport=UrllibTransport.of(environ, offline=offline),
        cache=Cache.open(tmp_path / cache),
        clock=Clock(0),
        environ=environ,
        reporter=SilentReporter(),
        offline=offline,
    )


class _Index(SimpleHTTPRequestHandler):
    def __init__(self, *arguments: object, expected: str, seen: list[str], directory: str) -> None:
        self.expected = expected
        self.seen = seen
        super().__init__(*arguments, directory=directory)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        given = self.headers.get("Authorization", "")
        self.seen.append(self.path)
        if self.expected and given != self.expected:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="private"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        super().do_GET()

    def guess_type(self, path: str) -> str:  # type: ignore[override]
        """A page is JSON (PEP 691) where it was written so."""
        if path.endswith("index.html") and Path(path).read_bytes().startswith(b"{"):
            return "application/vnd.pypi.simple.v1+json"
        return super().guess_type(path)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def write_dated_page(place: Path, wheels: Iterable[Path], uploaded: str) -> None:
    """As an index tells when its files were uploaded (PEP 700)."""
    files = [
        {
            "filename": one.name,
            "url": one.name,
            "hashes": {"sha256": sha256_of(one)},
            "upload-time": uploaded,
            "size": one.stat().st_size,
        }
        for one in wheels
    ]
    versions = sorted({one.name.split("-")[1] for one in wheels})
    page = {"meta": {"api-version": "1.1"}, "name": place.name, "versions": versions, "files": files}
    (place / "index.html").write_text(json.dumps(page))


@contextmanager
def package_index(
    folder: Path, *wheels: Path, user: str = "", password: str = "", uploaded: str = ""
) -> Iterator[tuple[int, list[str]]]:
    """(port, paths asked for) of a PEP 503 index at /simple/; with `user` behind basic authentication. It
    tells when its files were `uploaded`, if that is given; a package has one wheel then."""
    for wheel in wheels:
        place = folder / "simple" / wheel.name.partition("-")[0].replace("_", "-")
        place.mkdir(parents=True, exist_ok=True)
        (place / wheel.name).write_bytes(wheel.read_bytes())
        if uploaded:
            write_dated_page(place, [wheel], uploaded)
            continue
        link = f'<a href="{wheel.name}#sha256={sha256_of(wheel)}">{wheel.name}</a>\n'
        with (place / "index.html").open("a") as page:
            page.write(link)
    expected = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode() if user else ""
    seen: list[str] = []
    handler = partial(_Index, expected=expected, seen=seen, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1], seen
    finally:
        server.shutdown()
        server.server_close()
