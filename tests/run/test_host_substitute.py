"""The host engine where the image's own programs cannot run: uv makes an environment in their place."""

import io
import json
import os
import sys
import urllib.request
import zipfile
from pathlib import Path

import pytest

from okamochi.errors import EngineError
from okamochi.oci.image import Image
from okamochi.oci.reference import Reference
from okamochi.pypi.uv_python import fill_environment, find_python
from okamochi.run.host import launcher
from okamochi.run.host.engine import HostEngine
from okamochi.run.host.images import HostImage, HostImages
from okamochi.run.host.isolation import substituted
from okamochi.run.host.launcher import is_running, start_time
from okamochi.run.host.substitute import image_packages, uv_environment_of
from okamochi.run.spec import ContainerState, RunSpec
from okamochi.run.wait import Patience, start_healthy
from okamochi.system.progress import SilentReporter
from okamochi.system.subprocess_runner import SubprocessRunner
from okamochi.system.world import World

MINOR = "{}.{}".format(*sys.version_info[:2])
NO_PROC = Path("/nonexistent/proc")


def world_with(tmp_path: Path, **environ: str) -> World:
    """uv finds this very interpreter, and packages only where the test put them."""
    programs = f"{Path(sys.executable).resolve().parent}:/usr/bin:/bin"
    settings = {"PATH": programs, "UV_PYTHON_INSTALL_DIR": str(tmp_path / "pythons"), "PIP_NO_INDEX": "1"}
    settings |= {"UV_PYTHON_DOWNLOADS": "never", "HOME": str(tmp_path), **environ}
    return World.real(settings, SilentReporter(), cache_root=tmp_path / "cache")


def wheel(folder: Path, name: str, version: str) -> str:
    """A package with a console script; the file's name."""
    info = f"{name}-{version}.dist-info"
    content = {
        f"{name}.py": f"def main():\n    print('{name} {version}')\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name} = {name}:main\n",
    }
    content[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in (*content, f"{info}/RECORD"))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, text in content.items():
            archive.writestr(path, text)
    file = folder / f"{name}-{version}-py3-none-any.whl"
    folder.mkdir(exist_ok=True)
    file.write_bytes(packed.getvalue())
    return file.name


def root_with(folder: Path, *packages: tuple[str, str]) -> Path:
    """What is read of an unpacked image: which Python it has, and its packages' metadata."""
    site = folder / f"opt/venv/lib/python{MINOR}/site-packages"
    for name, version in packages:
        (site / f"{name}-{version}.dist-info").mkdir(parents=True)
        text = f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n\nName: not this one\n"
        (site / f"{name}-{version}.dist-info/METADATA").write_text(text, encoding="utf-8")
    (folder / "usr/bin").mkdir(parents=True)
    (folder / f"usr/bin/python{MINOR}").write_bytes(b"\x7fELF of another machine")
    (folder / "opt/venv/bin").mkdir(parents=True, exist_ok=True)
    (folder / "opt/venv/bin/python").symlink_to(f"/usr/bin/python{MINOR}")
    return folder


def test_the_environment_has_exactly_the_packages_of_the_image(tmp_path: Path) -> None:
    links = tmp_path / "links"
    for version in ("1.0", "2.0"):
        wheel(links, "noodles", version)
    root = root_with(tmp_path / "root", ("noodles", "1.0"))
    world = world_with(tmp_path, PIP_FIND_LINKS=str(links))
    uv_environment_of(world, tmp_path / "with space", root)
    runner = SubprocessRunner()
    assert runner.run((str(tmp_path / "with space/bin/noodles"),)).text == "noodles 1.0"
    shown = runner.run((str(tmp_path / "with space/bin/python"), "-c", "import sys; print(sys.prefix)"))
    assert shown.text == str(tmp_path / "with space")
    installed = (tmp_path / "with space/lib").glob("*/site-packages/*.dist-info")
    assert [path.name for path in installed] == ["noodles-1.0.dist-info"]
    assert isinstance(world.reporter, SilentReporter)
    assert "stands in for the image's" in world.reporter.notes[-1]


def test_a_package_that_cannot_be_had_is_named(tmp_path: Path) -> None:
    world = world_with(tmp_path)
    python = find_python(world, MINOR, error=EngineError, doing="a test")
    with pytest.raises(EngineError) as caught:
        fill_environment(world, python, tmp_path / "venv", (("noodles", "1.0"),))
    assert "noodles" in " ".join(caught.value.details)
    assert "--engine docker" in caught.value.hint


def test_metadata_is_read_up_to_its_description_and_sorted(tmp_path: Path) -> None:
    root = root_with(tmp_path, ("soba", "3.1"), ("Dashi", "0.2"))
    assert image_packages(root, f"python{MINOR}") == (("Dashi", "0.2"), ("soba", "3.1"))


def test_the_app_runs_and_ends_with_a_python_of_this_machine(
    host_images: HostImages, image: Image, spec: RunSpec, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    engine = HostEngine(SubprocessRunner(), host_images, tmp_path / "state", world_with(tmp_path))
    vars(engine)["_isolation"] = substituted()  # as on a system that is no Linux
    assert engine.facts().missing == substituted().missing
    engine.load(image, Reference.parse(spec.image_reference))
    start_healthy(engine, spec, Patience(limit_seconds=60))
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{spec.published_port}/", timeout=10) as answer:
            assert json.load(answer)["secret"] == "from-a-file"
        capfd.readouterr()
        program = "import os, sys; print(sys.prefix, os.environ['DATABASE_URL'], open('data/first').read())"
        assert engine.exec(spec.name, ("python", "-c", program)) == 0
        prefix, database, first = capfd.readouterr().out.split(maxsplit=2)
        assert Path(prefix) == tmp_path / f"state/{spec.app}/host/{spec.name}/shim/venv"
        assert database == f"sqlite:///{tmp_path}/state/{spec.app}/volumes/data/app.db"
        assert first.strip() == "from the image"
        assert engine.check(spec.name, spec.healthcheck)[0]
        assert "serving" in engine.logs(spec.name)
    finally:
        engine.stop(spec.name, grace_seconds=5)
    assert engine.inspect(spec.name).state is ContainerState.EXITED
    engine.remove(spec.name)
    assert not (tmp_path / f"state/{spec.app}/host/{spec.name}").exists()


def test_an_image_for_another_machine_is_told_from_ones_own() -> None:
    other = "linux/arm64" if os.uname().machine == "x86_64" else "linux/amd64"
    assert not HostImage(digest="sha256:0", root="/r", platform=other).runs_here
    assert HostImage(digest="sha256:0", root="/r").runs_here == (sys.platform == "linux")


@pytest.mark.needs("ps")
def test_without_proc_ps_tells_whether_a_process_is_still_the_same() -> None:
    mine = os.getpid()
    assert start_time(mine, NO_PROC) == start_time(mine, NO_PROC) != ""
    assert is_running(mine, NO_PROC)
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    assert not is_running(child, NO_PROC)  # a zombie
    os.waitpid(child, 0)
    assert (start_time(child, NO_PROC), is_running(child, NO_PROC)) == ("", False)
    assert start_time(0, NO_PROC) == ""


def test_a_process_may_have_any_bytes_for_a_name(tmp_path: Path) -> None:
    """One that a build script left, named so, was not ended: looking for it failed."""
    (tmp_path / "self").mkdir()
    (tmp_path / "7").mkdir()
    numbers = b" ".join(b"%d" % number for number in range(4, 53))
    (tmp_path / "7/stat").write_bytes(b"7 (\xff) \xfe) S " + numbers + b"\n")
    assert (start_time(7, tmp_path), is_running(7, tmp_path)) == ("22", True)


ELSEWHERE = """
import os, runpy, sys
del os.sched_getaffinity, os.sched_setaffinity
sys.platform = "darwin"
sys.argv = ["launcher.py", *sys.argv[2:]]
runpy.run_path({launcher!r}, run_name="__main__")
"""


def test_the_launcher_needs_none_of_linuxs_own_calls_without_isolation(tmp_path: Path) -> None:
    program = ELSEWHERE.format(launcher=str(launcher.__file__))
    description = {
        "namespaces": {},
        "argv": [sys.executable, "-I", "-c", "print('there'); raise SystemExit(7)"],
        "env": {},
        "cwd": str(tmp_path),
        "limits": [["RLIMIT_CORE", 0]],
        "cores": 1,
        "switch_user": False,
    }
    (tmp_path / "launch.json").write_text(json.dumps(description))
    argv = (sys.executable, "-I", "-S", "-c", program, "-", "run", str(tmp_path / "launch.json"))
    done = SubprocessRunner().run(argv)
    assert (done.returncode, done.text, done.error_text) == (7, "there", "")
