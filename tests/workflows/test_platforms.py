"""Images for two platforms from one host, without emulation: what is in the other one."""

import io
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PurePosixPath

import pytest
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile

from okamochi.oci.image import Image
from okamochi.workflows.layers.ahead import PROGRAM
from tests.cli.program import Program
from tests.oci.validate import read_images, validate_layout
from tests.workflows.conftest import Member, copied
from tests.workflows.conftest import members_of as members_of_layer

pytestmark = [pytest.mark.network, pytest.mark.slow]

BOTH = "linux/amd64,linux/arm64"
MACHINES = {"amd64": "EM_X86_64", "arm64": "EM_AARCH64"}


@pytest.fixture(scope="module")
def program_module(okamochi_cache: Path) -> Program:
    return Program({"OKAMOCHI_CACHE_DIR": str(okamochi_cache), "CI": "1"})


@pytest.fixture(scope="module")
def minimal_module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied("flask-minimal", tmp_path_factory.mktemp("project") / "shop")


@pytest.fixture(scope="module")
def layout(
    minimal_module: Path, program_module: Program, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """The layout, and what the command answered."""
    place = tmp_path_factory.mktemp("both") / "layout"
    answer = program_module.ok(
        "build", minimal_module, "--platform", BOTH, "--to", f"layout:{place}", "--tag", "both:1"
    )
    return place, answer.last_line


def members_of(image: Image) -> dict[str, Member]:
    return {path: member for layer in image.layers for path, member in members_of_layer(layer)}


def image_for(layout: Path, architecture: str) -> Image:
    return next(one for one in read_images(layout) if one.config.platform.architecture == architecture)


def test_the_layout_lists_one_index(layout: tuple[Path, str]) -> None:
    place, answer = layout
    (entry,) = json.loads((place / "index.json").read_bytes())["manifests"]
    assert answer == f"both:1@{entry['digest']}"
    assert validate_layout(place) == ()
    assert len(read_images(place)) == 2


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_every_program_is_for_its_platform_and_finds_its_libraries(
    layout: tuple[Path, str], architecture: str
) -> None:
    members = members_of(image_for(layout[0], architecture))
    names = {PurePosixPath(path).name for path in members}
    elves = 0
    for path, member in members.items():
        if member.content is None or not member.content.startswith(b"\x7fELF"):
            continue
        elf = ELFFile(io.BytesIO(member.content))
        assert elf["e_machine"] == MACHINES[architecture], path
        elves += 1
        for section in elf.iter_sections():
            if isinstance(section, DynamicSection):
                needed = [tag.needed for tag in section.iter_tags() if tag.entry.d_tag == "DT_NEEDED"]
                assert not set(needed) - names, (path, needed)
    assert elves > 20


def test_the_other_platform_has_the_same_bytecode(layout: tuple[Path, str]) -> None:
    """Of one Python, so the same to the byte, but for paths that name the machine."""
    own, other = (members_of(image_for(layout[0], one)) for one in ("amd64", "arm64"))
    compiled = {
        path: member.content
        for path, member in own.items()
        if path.endswith(".pyc") and "linux-gnu" not in path
    }
    assert len(compiled) > 500
    different = [path for path, content in compiled.items() if other[path].content != content]
    # markupsafe and others may ship other Python files for another machine; the standard library does not
    assert not [path for path in different if path.startswith("usr/lib/python3")]
    assert len(different) < 5, different


@pytest.mark.matrix
def test_each_platform_alone_has_the_same_layers(tmp_path: Path) -> None:
    """What both share while they are built at once, each from an empty cache, is right for each of them."""

    def built(use: str, platform: str) -> dict[str, list[str]]:
        project = copied("flask-minimal", tmp_path / use / "shop")
        (project / "okamochi.lock").unlink(missing_ok=True)
        place = tmp_path / use / "layout"
        program = Program({"OKAMOCHI_CACHE_DIR": str(tmp_path / use / "cache"), "CI": "1"})
        program.ok("build", project, "--platform", platform, "--to", f"layout:{place}")
        return {
            image.config.platform.architecture: [str(layer.descriptor.digest) for layer in image.layers]
            for image in read_images(place)
        }

    both = built("both", BOTH)
    assert both == built("first", "linux/amd64") | built("second", "linux/arm64")
    assert len(both["arm64"]) > 5


def test_a_platform_that_is_laid_ahead_imports_nothing_of_the_project(tmp_path: Path) -> None:
    for name in ("msgspec", "json", "okamochi"):
        (tmp_path / f"{name}.py").write_text("open('imported', 'w')\n")
    done = subprocess.run(PROGRAM, cwd=tmp_path, input=b"{}", capture_output=True, check=False)
    assert b"KeyError" in done.stderr and not (tmp_path / "imported").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_what_is_laid_ahead_ends_with_the_build(tmp_path: Path) -> None:
    project = copied("flask-minimal", tmp_path / "shop")
    (project / "okamochi.lock").unlink(missing_ok=True)
    cache = str(tmp_path / "cache")
    place = f"layout:{tmp_path / 'layout'}"
    argv = (sys.executable, "-m", "okamochi", "build", project, "--platform", BOTH, "--to", place)
    environ = {**os.environ, "OKAMOCHI_CACHE_DIR": cache}
    with subprocess.Popen(argv, env=environ, stdout=subprocess.DEVNULL) as build:
        assert wait_for(lambda: laying(cache))
        build.kill()
    assert wait_for(lambda: not laying(cache))


def laying(cache: str) -> list[str]:
    """Processes that lay something ahead in this cache."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            about = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            found += [process.name] if cache.encode() in about and PROGRAM[-1].encode() in about else []
    return found


def wait_for(condition: Callable[[], object]) -> bool:
    end = time.monotonic() + 60
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return bool(condition())


def test_asking_again_builds_nothing(
    layout: tuple[Path, str], minimal_module: Path, program_module: Program
) -> None:
    place, first = layout
    again = program_module.ok(
        "build", minimal_module, "--platform", BOTH, "--to", f"layout:{place}", "--tag", "both:1"
    )
    assert again.last_line == first
    once_more = program_module.ok(
        "build", minimal_module, "--platform", BOTH, "--to", f"layout:{place}", "--tag", "both:1"
    )
    assert "packing" not in once_more.stderr and "compiling" not in once_more.stderr


def test_a_wheel_that_the_other_platform_lacks_is_named(tmp_path: Path, program_module: Program) -> None:
    project = tmp_path / "shop"
    project.mkdir()
    (project / "app.py").write_text("from flask import Flask\napp = Flask(__name__)\n")
    # its wheels are for x86_64 alone, and it has no source distribution
    (project / "requirements.txt").write_text("flask\nmkl==2025.2.0\n")
    answer = program_module("lock", project, "--platform", "linux/arm64")
    assert answer.code == 4, answer.stderr
    assert "mkl 2025.2.0 has no wheel for this image" in answer.stderr and "aarch64" in answer.stderr


@pytest.fixture(scope="module")
def qemu(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """User-mode emulation: the system's, else of Debian's package, unpacked for this test alone."""
    names = ("qemu-aarch64-static", "qemu-aarch64")
    installed = next((path for path in map(shutil.which, names) if path), None)
    if installed is not None:
        return Path(installed)
    folder = tmp_path_factory.mktemp("qemu")
    fetched = subprocess.run(
        ("apt-get", "download", "qemu-user-static"), cwd=folder, capture_output=True, check=False
    )
    if fetched.returncode != 0:
        pytest.skip("qemu-user is neither installed nor can it be had: apt-get install qemu-user-static")
    for deb in folder.glob("*.deb"):
        subprocess.run(("dpkg", "-x", deb, folder / "root"), check=True)
    return folder / "root/usr/bin/qemu-aarch64-static"


@pytest.mark.matrix
def test_the_other_platform_runs_under_emulation(
    layout: tuple[Path, str], tmp_path: Path, qemu: Path
) -> None:
    root = tmp_path / "root"
    for path, member in members_of(image_for(layout[0], "arm64")).items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if member.content is not None:
            place.write_bytes(member.content)
            place.chmod(0o755)
        elif member.facts.issym() and not place.is_symlink():
            target = member.facts.linkname
            up = "../" * (len(PurePosixPath(path).parts) - 1)
            place.symlink_to(up + target.lstrip("/") if target.startswith("/") else target)
    program = (
        "import sys, platform; sys.path[:0] = [sys.argv[1] + '/opt/venv/lib/python3.13/site-packages', "
        "sys.argv[1] + '/app']; import app; print(platform.machine(), "
        "app.app.test_client().get('/').status_code)"
    )
    done = subprocess.run(
        (qemu, "-L", root, root / "usr/bin/python3.13", "-c", program, root),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={"PYTHONHOME": f"{root}/usr"},
    )
    assert done.stdout.split() == ["aarch64", "200"], done.stderr
