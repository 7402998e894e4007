"""Packages without a wheel, built from source in isolation: needs Debian's compilers, no package index."""

import ast
import io
import os
import secrets
import socket
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from okamochi.errors import BuildError, PlanError, UnfitPythonError, UnreachableRegistryError
from okamochi.model.lock_codec import lock_from_json, lock_to_json
from okamochi.oci.native import native_platforms
from okamochi.oci.platform import LINUX_AMD64, LINUX_ARM64, Platform
from okamochi.run.host import isolated
from okamochi.run.host.isolation import Apart, Isolation
from okamochi.system.cache import Cache
from okamochi.system.clock import Clock
from okamochi.system.http import UrllibTransport
from okamochi.system.progress import SilentReporter
from okamochi.system.subprocess_runner import SubprocessRunner
from okamochi.system.world import World
from okamochi.workflows.from_source import wheel_builder
from okamochi.workflows.from_source.held_back import newest_wheels
from okamochi.workflows.from_source.python_attempts import on_another_python
from okamochi.workflows.from_source.source_builds import build_again
from okamochi.workflows.layers.foundation import trees_of
from okamochi.workflows.layers.native import complete_base
from okamochi.workflows.locking.lock import LockMode, LockSession
from okamochi.workflows.plan import plan_project
from tests.bad_projects.conftest import FLASK_APP
from tests.lacks import require_apart
from tests.pypi.wheel_making import make_wheel

pytestmark = [
    pytest.mark.network,
    pytest.mark.namespaces,
    pytest.mark.skipif(not native_platforms(), reason="what is built must run here"),
]
PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
# A build backend that needs no other package; `module` gives the wheel's only file and its tag.
BACKEND = """
import os, zipfile
{module}
def build_wheel(folder, settings=None, metadata=None):
    name, content, tag = module()
    info = "tiny-1.0.dist-info"
    path = os.path.join(folder, "tiny-1.0-" + tag + ".whl")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, content)
        archive.writestr(info + "/METADATA", "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n")
        archive.writestr(info + "/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: " + tag + "\\n")
        archive.writestr(info + "/RECORD", name + ",,\\n" + info + "/METADATA,,\\n" + info + "/WHEEL,,\\n"
            + info + "/RECORD,,\\n")
    return os.path.basename(path)
"""
PURE = 'def module():\n    return "tiny.py", "value = 1\\n", "py3-none-any"\n'
COMPILED = """
import subprocess, sysconfig
def module():
    open("tiny.c", "w").write('#include <Python.h>\\n#include <zlib.h>\\n'
        'static struct PyModuleDef d = {PyModuleDef_HEAD_INIT, "tiny"};\\n'
        'PyMODINIT_FUNC PyInit_tiny(void) { zlibVersion(); return PyModule_Create(&d); }\\n')
    include = "-I" + sysconfig.get_paths()["include"]
    subprocess.run(["gcc", "-shared", "-fPIC", include, "tiny.c", "-o", "tiny.so", "-lz"], check=True)
    tag = "cp313-cp313-linux_" + os.uname().machine
    return "tiny.so", open("tiny.so", "rb").read(), tag
"""
HOSTILE = """
import json, socket, time
def tried(work):
    try:
        return work() or "done"
    except Exception as error:
        return type(error).__name__
def written(path):
    open(path, "w").write("x")
def connected(port):
    socket.create_connection(("127.0.0.1", port), 2)
def forked():
    for count in range(5000):
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
    return count
def module():
    seen = dict(
        user=os.getuid(), secret=os.path.exists({secret!r}),
        processes=sum(name.isdigit() for name in os.listdir("/proc")),
        usr=tried(lambda: written("/usr/bin/evil")), venv=tried(lambda: written("/opt/venv/evil.py")),
        loopback=tried(lambda: connected({port})),
        away=tried(lambda: socket.create_connection(("192.0.2.1", 80), 2)),
        memory=tried(lambda: len(bytearray(8 << 30)) and "got it"), environment=sorted(os.environ),
        forks=tried(forked),
    )
    return "tiny.py", repr(seen), "py3-none-any"
"""
LINKING = """
def module():
    raise AssertionError
def build_wheel(folder, settings=None, metadata=None):
    os.symlink("/etc/passwd", os.path.join(folder, "tiny-1.0-py3-none-any.whl"))
    return "tiny-1.0-py3-none-any.whl"
"""


@pytest.fixture
def links(tmp_path: Path) -> Path:
    folder = tmp_path / "links"
    make_wheel(folder, "flask", "99.0")
    return folder


@pytest.fixture
def world(tmp_path: Path, links: Path, okamochi_cache: Path) -> World:
    own = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(links), "PIP_CONFIG_FILE": "/dev/null"}
    environ = {**os.environ, **own, "UV_NO_CONFIG": "1", "HOME": str(tmp_path)}
    return World(
        runner=SubprocessRunner(),
        transport=UrllibTransport.of(environ),
        cache=Cache.open(okamochi_cache),
        clock=Clock(0),
        environ=environ,
        reporter=SilentReporter(),
    )


@pytest.fixture
def settled(tmp_path: Path, world: World, links: Path) -> Callable[..., LockSession]:
    """The session of a project that needs `tiny`, of which there is only this source."""

    def session(backend: str, platform: Platform | None = None) -> LockSession:
        make_sdist(links, backend)
        root = tmp_path / "shop"
        root.mkdir(exist_ok=True)
        (root / "app.py").write_text(FLASK_APP)
        (root / "requirements.txt").write_text("flask\ntiny==1.0\n")
        (root / "okamochi.toml").write_text('gunicorn = false\npython = "3.13"\n')
        chosen = platform or native_platforms()[0]
        opened = LockSession.open(world, plan_project(root, world), chosen, LockMode.KEEP)
        with pytest.raises(UnfitPythonError) as refused:
            opened.wheels()
        return on_another_python(opened, refused.value)

    return session


def make_sdist(folder: Path, backend: str) -> None:
    """Never the same twice, so that no cache has its wheel."""
    members = {"pyproject.toml": PYPROJECT, "backend.py": backend, "nonce": secrets.token_hex()}
    members["PKG-INFO"] = "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n"
    with tarfile.open(folder / "tiny-1.0.tar.gz", "w:gz") as archive:
        for name, text in members.items():
            entry = tarfile.TarInfo(f"tiny-1.0/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))


def backend(module: str) -> str:
    return BACKEND.replace("{module}", module)


def test_what_must_be_built_is_built_for_debians_python_where_the_image_of_another_is_out_of_reach(
    world: World, links: Path, tmp_path: Path
) -> None:
    make_sdist(links, backend(PURE))
    root = tmp_path / "shop"
    root.mkdir()
    (root / "app.py").write_text(FLASK_APP)
    (root / "requirements.txt").write_text("flask\ntiny==1.0\n")
    (root / "okamochi.toml").write_text("gunicorn = false\n")
    (root / "Dockerfile").write_text("FROM python:3.12\n")
    opened = LockSession.open(world, plan_project(root, world), native_platforms()[0], LockMode.KEEP)
    assert opened.planned.plan.base.image == "python:3.12-slim"
    refused = UnfitPythonError("python:3.12-slim cannot be had here", hint="is there a network?")
    refused.__cause__ = UnreachableRegistryError("no such server", hint="is there a network?")
    session = on_another_python(opened, refused)
    assert session.planned.plan.base.suite == "trixie"
    assert [one.name for one in session.wheels() if one.built_from is not None] == ["tiny"]


def test_what_only_a_newer_version_of_a_requirement_asks_for_is_built_as_well(
    world: World, links: Path, tmp_path: Path
) -> None:
    make_sdist(links, backend(PURE))
    make_wheel(links, "words", "1.0")
    make_wheel(links, "words", "2.0", requires=("tiny",))
    root = tmp_path / "shop"
    root.mkdir()
    (root / "app.py").write_text(FLASK_APP)
    (root / "requirements.txt").write_text("flask\nwords\n")
    (root / "okamochi.toml").write_text('gunicorn = false\npython = "3.13"\n')
    session = LockSession.open(world, plan_project(root, world), native_platforms()[0], LockMode.KEEP)
    wheels = newest_wheels(session)
    assert [f"{one.name}=={one.version}" for one in wheels] == ["flask==99.0", "tiny==1.0", "words==2.0"]
    assert [one.name for one in wheels if one.built_from is not None] == ["tiny"]
    assert len(trees_of(session, wheels)) == 3


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Callable[[Apart], None]:
    """As on a machine that gives nothing better."""

    def give(apart: Apart) -> None:
        require_apart(apart)
        for module in (isolated, wheel_builder):
            monkeypatch.setattr(module, "machines_way", lambda *_: Isolation((), (), apart=apart))

    return give


@pytest.mark.parametrize("apart", [Apart.JAIL, Apart.LANDLOCK])
def test_without_namespaces_the_same_wheel_is_built(
    settled: Callable[..., LockSession], only: Callable[[Apart], None], apart: Apart
) -> None:
    only(apart)
    session = settled(backend(PURE))
    assert content_of(session, "tiny.py") == b"value = 1\n"


def test_as_root_compilers_run_in_a_jail(
    settled: Callable[..., LockSession], only: Callable[[Apart], None]
) -> None:
    only(Apart.JAIL)
    session = settled(backend(COMPILED))
    assert content_of(session, "tiny.so")[:4] == b"\x7fELF"


def test_without_a_root_nothing_is_compiled_with_this_machines_compilers(
    settled: Callable[..., LockSession], only: Callable[[Apart], None]
) -> None:
    only(Apart.LANDLOCK)
    native = PURE.replace("py3-none-any", f"cp313-cp313-linux_{os.uname().machine}")
    for module in (COMPILED, native):
        with pytest.raises(PlanError, match="compilers run in a root of their own"):
            settled(backend(module))


def content_of(session: LockSession, name: str) -> bytes:
    wheel = next(one for one in session.wheels() if one.name == "tiny")
    held = session.world.cache.blob(wheel.sha256)
    assert held is not None
    with zipfile.ZipFile(held) as archive:
        return archive.read(name)


def test_a_package_that_is_only_source_is_built_and_the_lock_says_from_what(
    settled: Callable[..., LockSession],
) -> None:
    session = settled(backend(PURE))
    wheel = next(one for one in session.wheels() if one.name == "tiny")
    assert wheel.filename == "tiny-1.0-py3-none-any.whl"
    assert wheel.built_from is not None and wheel.built_from.filename == "tiny-1.0.tar.gz"
    assert content_of(session, "tiny.py") == b"value = 1\n"
    debs, snapshot = session.debs()
    lock = session.result(debs, snapshot, session.wheels())
    assert lock_from_json(lock_to_json(lock), where="okamochi.lock") == lock
    # another source of the same content: the wheel is the same to the byte
    again = settled(backend(PURE))
    other = next(one for one in again.wheels() if one.name == "tiny")
    assert other.built_from != wheel.built_from and other.sha256 == wheel.sha256


def test_headers_that_the_build_misses_come_from_debian_and_its_libraries_are_in_the_base(
    settled: Callable[..., LockSession],
) -> None:
    session = settled(backend(COMPILED))
    assert content_of(session, "tiny.so").startswith(b"\x7fELF")
    # zlib and the C library are in every base: nothing is added
    trees = trees_of(session, session.wheels())
    assert complete_base(session, session.debs(), trees).native == ()
    assert "zlib1g" in {deb.name for deb in session.debs()[0]}


def test_a_locked_wheel_that_the_cache_lost_is_built_again_and_must_be_the_same(
    settled: Callable[..., LockSession], links: Path
) -> None:
    session = settled(backend(PURE.replace("value = 1", f"value = '{secrets.token_hex()}'")))
    wheels = session.wheels()
    tiny = next(one for one in wheels if one.name == "tiny")
    held = session.world.cache.blob(tiny.sha256)
    assert held is not None
    held.unlink()
    session.world.cache.used.clear()
    build_again(session, wheels)
    assert session.world.cache.blob(tiny.sha256) is not None
    held.unlink()
    session.world.cache.used.clear()
    make_sdist(links, backend(PURE))
    with pytest.raises(BuildError, match="is not what the lock says"):
        build_again(session, wheels)


def test_a_hostile_build_script_reaches_nothing_of_this_machine(
    settled: Callable[..., LockSession], tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        module = HOSTILE.replace("{secret!r}", repr(str(secret))).replace("{port}", str(port))
        session = settled(backend(module))
    seen = ast.literal_eval(content_of(session, "tiny.py").decode())
    assert seen["user"] != 0 and not seen["secret"] and seen["processes"] < 5
    assert {seen["usr"], seen["venv"], seen["loopback"], seen["away"]} <= {
        "OSError",
        "ConnectionRefusedError",
    }
    assert seen["memory"] == "MemoryError"
    assert not [name for name in seen["environment"] if name.startswith(("PIP_", "UV_", "OKAMOCHI_"))]
    if os.geteuid() == 0:  # elsewhere the user's other programs count, too
        assert seen["forks"] == "BlockingIOError"


def test_a_link_in_place_of_a_wheel_is_not_followed(settled: Callable[..., LockSession]) -> None:
    with pytest.raises(PlanError, match="no plain file"):
        settled(backend(PURE) + LINKING)


def test_what_holds_nothing_native_is_built_for_another_platform_and_the_rest_is_refused(
    settled: Callable[..., LockSession],
) -> None:
    other = next(one for one in (LINUX_AMD64, LINUX_ARM64) if one not in native_platforms())
    assert content_of(settled(backend(PURE), other), "tiny.py") == b"value = 1\n"
    with pytest.raises(PlanError, match=f"which is not for {other}"):
        settled(backend(COMPILED), other)


def test_a_build_that_fails_is_told_with_its_log(settled: Callable[..., LockSession]) -> None:
    with pytest.raises(PlanError) as caught:
        settled(backend("def module():\n    raise RuntimeError('needs a \\x1b[2J quill')\n"))
    assert "tiny 1.0" in caught.value.message and "cannot be built" in caught.value.message
    assert any("needs a" in line and "\x1b" not in line for line in caught.value.details)
    assert "requirements.txt:2" in caught.value.where


@pytest.mark.matrix
@pytest.mark.parametrize(
    ("requirement", "packages"),
    [
        ("docopt==0.6.2", ()),
        ("mysqlclient==2.2.7", ("libmariadb3",)),
        ("psycopg2==2.9.10", ("libpq5",)),
        ("pycairo==1.28.0", ("libcairo2",)),
        ("python-ldap==3.4.4", ("libldap2",)),
        ("pyyaml==5.4.1", ()),
    ],
)
def test_real_packages_are_built_with_what_debian_has(
    tmp_path: Path, okamochi_cache: Path, requirement: str, packages: tuple[str, ...]
) -> None:
    environ = dict(os.environ)
    transport, cache = UrllibTransport.of(environ), Cache.open(okamochi_cache)
    world = World(SubprocessRunner(), transport, cache, Clock(0), environ, SilentReporter())
    (tmp_path / "app.py").write_text(FLASK_APP)
    (tmp_path / "requirements.txt").write_text(f"flask\n{requirement}\n")
    (tmp_path / "okamochi.toml").write_text('python = "3.13"\n')
    opened = LockSession.open(world, plan_project(tmp_path, world), native_platforms()[0], LockMode.KEEP)
    with pytest.raises(UnfitPythonError) as refused:
        opened.wheels()
    session = on_another_python(opened, refused.value)
    complete = complete_base(session, session.debs(), trees_of(session, session.wheels()))
    assert tuple(one.name for one in complete.native if one.name) == packages
    (built,) = [one for one in session.wheels() if one.built_from is not None]
    assert f"{built.name}=={built.version}" == requirement
