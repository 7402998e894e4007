"""Strangers' code kept in where there are no namespaces: in a jail as root, by landlock as anybody."""

import errno
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.beats import BEATS, beats_after_the_end
from tests.lacks import lacking, require_apart

from okamochi.errors import BuildError
from okamochi.run.engine import NotIsolated
from okamochi.run.host import isolated as isolated_module
from okamochi.run.host import isolation
from okamochi.run.host import jail as jail_module
from okamochi.run.host.confine import landlock_version
from okamochi.run.host.images import HostImage
from okamochi.run.host.isolated import Limits, isolated
from okamochi.run.host.isolation import Apart, Isolation
from okamochi.run.host.jail import in_own_root, jailed
from okamochi.run.host.launcher import make_devices
from okamochi.run.host.trials import tried
from okamochi.run.spec import Trial
from okamochi.system.process import Completed
from okamochi.system.subprocess_runner import SubprocessRunner

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="of Linux")
PYTHON = Path(sys.executable).resolve()
WAYS = (Apart.JAIL, Apart.LANDLOCK)


@pytest.fixture(params=WAYS, ids=lambda way: way.value)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Apart:
    """As on a machine that gives nothing better."""
    require_apart(request.param)
    given = Isolation((), (), apart=request.param)
    monkeypatch.setattr(isolated_module, "machines_way", lambda: given)
    return request.param


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with this Python and what it loads, small enough to be linked in no time."""
    folder = tmp_path_factory.mktemp("apart") / "root"
    for name in ("proc", "dev", "tmp", "build", "usr/bin"):
        (folder / name).mkdir(parents=True)
    folder.chmod(0o755)
    library = Path(os.__file__).parent
    copied(
        library, folder, ignore=shutil.ignore_patterns("test", "dist-packages", "site-packages", "idlelib")
    )
    copied(PYTHON, folder)
    for path in libraries_of(PYTHON, *(library / "lib-dynload").glob("*.so")):
        copied(path, folder)
    return folder


def copied(source: Path, root: Path, ignore: object = None) -> None:
    place = root / source.relative_to("/")
    if place.exists():
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, place, ignore=ignore, dirs_exist_ok=True)  # type: ignore[arg-type]
    else:
        shutil.copy2(source, place)


def libraries_of(*programs: Path) -> set[Path]:
    told = subprocess.run(("ldd", *programs), capture_output=True, text=True, check=False).stdout
    words = {
        word for line in told.splitlines() if "=>" in line or "ld-linux" in line for word in line.split()
    }
    return {Path(word) for word in words if word.startswith("/") and Path(word).is_file()}


def kept_in(root: Path, build: Path, code: str, **limits: float) -> Completed:
    build.mkdir(exist_ok=True)
    return isolated(
        SubprocessRunner(),
        root,
        (os.fspath(PYTHON), "-I", "-S", "-c", code),
        environment={"PATH": "/usr/bin", "PLACE": "/build/here"},
        binds=((build, "/build", True),),
        cwd="/build",
        limits=Limits(**limits),  # type: ignore[arg-type]
    )


def test_it_writes_where_it_may_and_nowhere_else(root: Path, tmp_path: Path, way: Apart) -> None:
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o777)
    outside.chmod(0o777)
    code = (
        "import os\n"
        "open(os.environ['PLACE'], 'w').write(os.getcwd())\n"
        f"for place in ({os.fspath(outside / 'file')!r}, '/usr/lib/file', '/etc/file'):\n"
        "    try:\n"
        "        open(place, 'w')\n"
        "        print('written', place)\n"
        "    except OSError as error:\n"
        "        print(type(error).__name__)\n"
    )
    done = kept_in(root, tmp_path / "build", code)
    assert done.ok, done.text
    assert "written" not in done.text
    assert (tmp_path / "build/here").read_text() == (
        "/build" if way is Apart.JAIL else str(tmp_path / "build")
    )
    assert list(outside.iterdir()) == []
    assert list((root / "build").iterdir()) == []


def test_it_reads_nothing_of_this_machine_s_users(root: Path, tmp_path: Path, way: Apart) -> None:
    secret = tmp_path / "secret"
    secret.write_text("sesame")
    secret.chmod(0o644)
    done = kept_in(root, tmp_path / "build", f"print(open({os.fspath(secret)!r}).read())")
    assert not done.ok
    assert "sesame" not in done.text
    assert ("PermissionError" if way is Apart.LANDLOCK else "FileNotFoundError") in done.text


NETWORKING = """
from socket import *
place = ("127.0.0.1", PORT)
tcp = lambda family=AF_INET: socket(family, SOCK_STREAM | SOCK_CLOEXEC)
tries = {
    "connect": lambda: tcp().connect(place),
    "connect6": lambda: tcp(AF_INET6).connect(("::1", place[1])),
    "send": lambda: tcp().sendto(b"x", MSG_FASTOPEN, place),
    "message": lambda: tcp().sendmsg([b"x"], [], MSG_FASTOPEN, place),
    "listen": lambda: tcp().listen(),
    "datagram": lambda: socket(AF_INET, SOCK_DGRAM),
    "other": lambda: socket(AF_INET, SOCK_STREAM, 132),
    "packet": lambda: socket(17, SOCK_STREAM),
    "unix": lambda: socket(AF_UNIX).connect("/run/any"),
}
socketpair(), tcp()
for name, attempt in tries.items():
    try:
        attempt()
        print(name, "done")
    except ConnectionRefusedError:
        print(name, "refused")
"""


def test_it_has_no_network(root: Path, tmp_path: Path, way: Apart) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        done = kept_in(root, tmp_path / "build", NETWORKING.replace("PORT", str(listener.getsockname()[1])))
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):  # nobody came
            listener.accept()
    said = [line.split() for line in done.text.splitlines()]
    assert len(said) == 9 and all(words[1:] == ["refused"] for words in said), done.text


def test_what_it_leaves_running_ends_with_it(root: Path, tmp_path: Path, way: Apart) -> None:
    code = (
        "import os, sys, time\n"
        "if os.fork():\n"
        "    sys.exit(7)\n"
        "os.setsid()\n"
        "if os.fork():\n"
        "    sys.exit()\n"
        "time.sleep(1)\n"
        "open('late', 'w')\n"
    )
    assert kept_in(root, tmp_path / "build", code).returncode == 7
    time.sleep(1.5)
    assert not (tmp_path / "build/late").exists()


def test_what_never_ends_is_ended_with_all_its_children(root: Path, tmp_path: Path, way: Apart) -> None:
    code = (
        "import ctypes, os\n"
        "ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)  # PR_SET_PDEATHSIG\n"
        "os.fork()\n"
        "os.setsid()\n"
        "os.setpgid(0, 0)\n"
    )

    def kept(build: Path, seconds: float) -> Completed:
        return kept_in(root, build, code + BEATS, timeout_seconds=seconds)

    assert not beats_after_the_end(kept, tmp_path, processes=2)


def test_what_writes_without_end_is_stopped(root: Path, tmp_path: Path, way: Apart) -> None:
    code = (
        "import itertools\n"
        "for number in itertools.count():\n"
        "    open('%d' % number, 'w').write('x' * 1_000_000)\n"
    )
    with pytest.raises(BuildError, match="more than 20,000,000 bytes"):
        kept_in(root, tmp_path / "build", code, folder_bytes=20_000_000)


def test_a_jail_moves_only_what_may_be_written_and_leaves_the_files_of_its_root(tmp_path: Path) -> None:
    require_apart(Apart.JAIL)
    root, given, written = tmp_path / "root", tmp_path / "given", tmp_path / "written"
    for folder in (root / "usr", given, written):
        folder.mkdir(parents=True)
    (root / "usr/file").write_text("of the root")
    (given / "file").write_text("given")
    with jailed(root, ((given, "/opt/given", False), (written, "/build", True))) as (jail, places):
        assert (jail / "usr/file").stat().st_ino == (root / "usr/file").stat().st_ino
        assert (jail / "opt/given/file").read_text() == "given"
        assert places == (jail / "build",)
        assert given.is_dir()
        assert not written.exists()
        (jail / "build/made").write_text("made")
    assert not jail.exists()
    assert (written / "made").read_text() == "made"
    assert [path.name for path in root.iterdir()] == ["usr"]


def test_a_jail_without_anything_to_write_lies_beside_its_root_too(tmp_path: Path) -> None:
    (tmp_path / "root/usr").mkdir(parents=True)
    beside = tmp_path / "beside"
    beside.mkdir()
    told, way = (
        {"root": str(tmp_path / "root"), "binds": []},
        Isolation((), (), apart=Apart.JAIL, jailed=True),
    )
    with ExitStack() as held:
        launch, _ = in_own_root(told, way, held, folder=beside)
        assert Path(launch["root"], "usr").is_dir() and beside in Path(launch["root"]).parents
    assert list(beside.iterdir()) == []


def test_a_jail_lies_elsewhere_where_its_own_place_has_no_devices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("root", "nodev", "other"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(jail_module, "holds_roots", lambda place: place.name != "nodev")
    monkeypatch.setattr(jail_module, "temporary_with_programs", lambda: str(tmp_path / "other"))
    with jailed(tmp_path / "root", (), folder=tmp_path / "nodev") as (jail, _):
        assert tmp_path / "other" in jail.parents


def test_what_fills_a_jail_that_is_given_up_meanwhile_is_no_error_of_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "root").mkdir()

    def filled(path: object, *_: object, **__: object) -> None:
        raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY), "usr")

    with jailed(tmp_path / "root", (), folder=tmp_path):
        monkeypatch.setattr(os, "rmdir", filled)


def test_a_link_of_the_root_leads_no_device_out_of_the_jail(tmp_path: Path) -> None:
    require_apart(Apart.JAIL)
    root, outside = tmp_path / "root", tmp_path / "outside"
    for folder in (root, outside):
        folder.mkdir()
    for name in ("dev", "tmp"):
        (root / name).symlink_to(outside)
    with jailed(root, ()) as (jail, _):
        make_devices(os.fspath(jail / "dev"))
        assert (jail / "dev/null").is_char_device()
        assert list((jail / "tmp").iterdir()) == []
    assert list(outside.iterdir()) == []
    assert stat.S_IMODE(outside.stat().st_mode) != 0o1777


def test_a_virtual_environment_starts_without_a_root(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_apart(Apart.LANDLOCK)
    given = Isolation((), (), apart=Apart.LANDLOCK)
    monkeypatch.setattr(isolated_module, "machines_way", lambda: given)
    venv, build = tmp_path / "venv", tmp_path / "build"
    build.mkdir()
    packages = venv / f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
    packages.mkdir(parents=True)
    (packages / "needed.py").write_text("here = __file__")
    (venv / "bin").mkdir()
    (venv / "bin/python").symlink_to(PYTHON)
    (venv / "pyvenv.cfg").write_text(f"home = {PYTHON.parent}\n")
    for _ in range(2):
        done = isolated(
            SubprocessRunner(),
            root,
            ("/opt/venv/bin/python", "-c", "import needed, sys; print(needed.here, sys.stdin.read())"),
            environment={"HOME": "/build", "PATH": "/opt/venv/bin:/usr/bin"},
            binds=((venv, "/opt/venv", False), (build, "/build", True)),
            stdin=b"/build/x",
        )
        assert done.text.split() == [os.fspath(packages / "needed.py"), os.fspath(build / "x")]


def test_the_best_way_is_found_by_trying(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def probed(*_: object, **more: object) -> bool:
        asked.append(more)
        return False

    monkeypatch.setattr(isolation, "probed", probed)
    assert isolation.best_isolation(SubprocessRunner(), tmp_path).apart is Apart.NOWAY
    assert [sorted(one) for one in asked if one][-1] == ["confined"]
    monkeypatch.undo()
    (tmp_path / "again").mkdir()
    found = isolation.without_namespaces(SubprocessRunner(), tmp_path / "again")
    landlock = Apart.LANDLOCK if landlock_version() else Apart.NOWAY
    assert found in ((Apart.JAIL, landlock) if os.geteuid() == 0 else (landlock,))


def test_namespaces_without_processes_of_their_own_serve_trials_and_no_builds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    way = Isolation((("user", True), ("pid", False)), (), apart=Apart.JAIL)
    assert way.of_trials == way and not way.of_trials.switches_user
    assert way.of_builds == Isolation((), (), apart=Apart.JAIL, jailed=True) and way.of_builds.switches_user


def test_where_nothing_keeps_it_in_it_is_not_run(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolated_module, "machines_way", lambda: Isolation((), ()))
    with pytest.raises(NotIsolated, match="nothing to keep other people's code in"):
        kept_in(root, tmp_path / "build", "open('made', 'w')")
    assert list((tmp_path / "build").iterdir()) == []


TRIED = """
import json, os, sys
asked = json.load(sys.stdin)
refused = []
for path in ('/app/other', '/opt/venv/file', '/usr/file'):
    try:
        open(path, 'w')
    except OSError as error:
        refused.append(error.filename)
with open(asked['writes'] + '/made', 'w') as stream:
    stream.write(os.environ['PLACE'])
sys.path.insert(0, asked['path'])
import shop
temporary = open('/tmp/a', 'w').name
print(json.dumps([refused, shop.__file__, os.listdir('/app/instance'), os.getcwd(), temporary]))
"""


@pytest.mark.parametrize("apart", (Apart.NAMESPACES, *WAYS), ids=lambda way: way.value)
def test_an_app_is_tried_alike_in_each_way(root: Path, tmp_path: Path, apart: Apart) -> None:
    require_apart(apart)
    image = image_with_an_app(root, tmp_path / "image")
    found = isolation.best_isolation(SubprocessRunner(), tmp_path)
    if apart is Apart.NAMESPACES and not found.namespaces:
        lacking("this machine offers no namespaces")
    way = found if apart is Apart.NAMESPACES else Isolation((), (), apart=apart)
    folder = tmp_path / "tried"
    folder.mkdir()
    folder.chmod(0o755)
    trial = Trial(
        image_reference="shop",
        argv=("/opt/venv/bin/python", "-B", "-c", TRIED),
        stdin=json.dumps({"path": "/app", "writes": "/app/instance"}).encode(),
        environment=(("PLACE", "/app/instance/shop.db"),),
        writable=("/app/instance",),
        timeout_seconds=60,
    )
    done = tried(SubprocessRunner(), image, trial, way, folder)
    assert done.ok, done.error_text
    refused, module, made, current, temporary = json.loads(done.stdout)
    assert refused == ["/app/other", "/opt/venv/file", "/usr/file"]
    assert (module, made, current, temporary) == ("/app/shop.py", ["made"], "/app", "/tmp/a")
    assert not (Path(image.root) / "app/instance/made").exists()
    assert not (Path(image.root) / "tmp/a").exists()


def image_with_an_app(root: Path, place: Path) -> HostImage:
    shutil.copytree(root, place, symlinks=True, copy_function=os.link)
    place.chmod(0o755)
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    for name in ("opt/venv/bin", f"opt/venv/lib/{version}/site-packages", "app/instance", "etc"):
        (place / name).mkdir(parents=True)
    for name in ("resolv.conf", "hosts"):
        (place / "etc" / name).touch()
    (place / "opt/venv/bin/python").symlink_to(PYTHON)
    (place / "opt/venv/pyvenv.cfg").write_text(f"home = {PYTHON.parent}\n")
    (place / "app/shop.py").write_text("")
    return HostImage(digest="", root=os.fspath(place), working_dir="/app")
