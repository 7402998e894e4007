"""Images for a machine that this one is not: built without emulation, and run by the host engine as far as it
can: by a Python of this machine."""

import io
import os
import platform
import re
import urllib.request
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from okamochi.errors import EngineError
from okamochi.model.kit_programs import HEALTH_CHECK, health_environment
from okamochi.oci.native import native_platforms
from okamochi.oci.reference import Reference
from okamochi.pypi.uv_python import find_python
from okamochi.run.host.engine import HostEngine
from okamochi.run.ports import choose_port
from okamochi.run.spec import RunSpec
from okamochi.run.wait import start_healthy
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.build import BuildRequest, build_image
from tests.cli.program import Program
from tests.workflows.conftest import Build, Built

pytestmark = [pytest.mark.network, pytest.mark.slow]

MACHINES = {"linux/amd64": ("x86_64", "x64"), "linux/arm64": ("aarch64", "AArch64")}
OWN = next(iter(map(str, native_platforms())), "linux/amd64")
OTHER = next(name for name in MACHINES if name != OWN)


def bytecode(built: Built) -> dict[str, bytes]:
    found = {path: member.content or b"" for path, member in built.members.items() if path.endswith(".pyc")}
    return {path: content for path, content in found.items() if "_sysconfigdata_" not in path}


def test_an_image_for_another_machine_has_its_programs_and_the_same_bytecode(
    build: Build, minimal: Path, program: Program, tmp_path: Path
) -> None:
    # a cache of its own: what was compiled for this machine is not there to be taken
    apart = program.with_environ(OKAMOCHI_CACHE_DIR=str(tmp_path / "cache"))
    own = build(minimal, "--platform", OWN, layout="own")
    other = build(minimal, "--platform", OTHER, layout="other", using=apart)
    machine, elf_name = MACHINES[OTHER]
    programs = {p: m.content for p, m in other.members.items() if (m.content or b"")[:4] == b"\x7fELF"}
    assert len(programs) > 50
    assert {ELFFile(io.BytesIO(content or b"")).get_machine_arch() for content in programs.values()} == {
        elf_name
    }
    assert any(re.search(rf"/markupsafe/_speedups\.cpython-\d+-{machine}-", path) for path in programs)
    assert len(bytecode(own)) > 700
    assert bytecode(other) == bytecode(own)


def test_the_host_engine_runs_it_with_a_python_of_this_machine(
    minimal: Path, okamochi_cache: Path, tmp_path: Path
) -> None:
    # pyenv's shims are programs that fail; its Pythons lie elsewhere
    versions = sorted(str(path) for path in Path.home().glob(".pyenv/versions/*/bin"))
    path = ":".join([*(p for p in os.environ["PATH"].split(":") if "/shims" not in p), *versions])
    environ = {**os.environ, "PATH": path, "OKAMOCHI_STATE_DIR": str(tmp_path / "state")}
    world = World.real(environ, SilentReporter(), cache_root=okamochi_cache)
    built = build_image(BuildRequest(path=minimal, platform=OTHER), world)
    try:
        find_python(world, built.plan.python_version, error=EngineError, doing="a test")
    except EngineError as error:
        pytest.skip(error.message)
    engine, reference, web = HostEngine.of(world), Reference.parse("okamochi-other:1"), built.plan.web
    engine.load(built.image, reference)
    spec = RunSpec(
        name="okamochi-other",
        app="other",
        image_reference=str(reference.tagged),
        process=web,
        environment=tuple(sorted({**health_environment(web), "PORT": str(web.port)}.items())),
        security=built.plan.security,
        published_port=choose_port(18400 + os.getpid() % 400, explicit=False, runner=world.runner),
        healthcheck=HEALTH_CHECK,
    )
    start_healthy(engine, spec)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{spec.published_port}/", timeout=10) as answer:
            assert "毎度あり" in answer.read().decode()
        imported = engine.check(
            spec.name, ("python", "-c", "import markupsafe._speedups as m; print(m.__file__)")
        )
        assert imported[0] and platform.machine() in imported[1]
    finally:
        engine.stop(spec.name, grace_seconds=10)
    assert engine.inspect(spec.name).exit_code == 0
    engine.remove(spec.name)
    notes = world.reporter.notes if isinstance(world.reporter, SilentReporter) else []
    assert any("the image's own programs cannot run here" in note for note in notes)
