"""What is seen of a container: of a hardened one on each engine, and of one without any hardening."""

import os
import subprocess
import time
from collections.abc import Iterator

import pytest
from tests.lacks import require_namespaces

from okamochi.oci.reference import Reference
from okamochi.run.docker import DockerEngine
from okamochi.run.engine import Engine
from okamochi.run.observation.inside import look_inside, processes_inside
from okamochi.run.observation.outside import look_outside, reachable_address
from okamochi.run.spec import RunSpec
from okamochi.run.wait import Patience, start_healthy
from okamochi.system.subprocess_runner import SubprocessRunner

QUICK = Patience(limit_seconds=30)
RUNNER = SubprocessRunner()
FOLDERS = ("/", "/app", "/etc", "/tmp", "/app/data")


def test_a_hardened_container_shows_it_from_inside(engine: Engine, spec: RunSpec) -> None:
    if engine.name == "host":
        require_namespaces()
    start_healthy(engine, spec, QUICK)
    inside = look_inside(engine, spec.name, write=FOLDERS, skip=("/app/data",))
    errors = {one.path: one.error for one in inside.attempts}
    assert (errors["/tmp"], errors["/app/data"]) == ("", "")
    assert {errors[path] for path in ("/", "/app", "/etc")} <= {"EROFS", "EACCES"}
    assert (inside.programs, inside.privileged, inside.writable) == ((), (), ())
    assert inside.files > 100
    if engine.name == "host":  # its programs run beside the app, in namespaces of their own
        return
    assert {(one.user, one.group) for one in inside.processes} == {(10001, 10001)}
    assert {one.capabilities for one in inside.processes} == {0}
    assert all(one.no_new_privileges and one.seccomp == 2 for one in inside.processes)
    assert (inside.limits.memory_bytes, inside.limits.cpus, inside.limits.pids) == (
        256 * 1024 * 1024,
        1.0,
        64,
    )
    assert inside.temporary_bytes == 64 * 1024 * 1024


def test_a_hardened_container_shows_it_from_outside(engine: Engine, spec: RunSpec) -> None:
    start_healthy(engine, spec, QUICK)
    outside = look_outside(
        engine, spec.name, spec.published_port, ("from-a-file",), runner=RUNNER, environ=dict(os.environ)
    )
    assert outside.open_at == ()
    assert outside.told == ()
    assert outside.looked_for == 1
    if engine.name != "host":
        assert outside.changed == ()
        assert outside.published == ("127.0.0.1",)
        assert "the image" in outside.looked_in


@pytest.fixture
def careless(engine: Engine, reference: Reference) -> Iterator[str]:
    """The same image as root, with everything that makes it weak; on docker alone."""
    if engine.name != "docker":
        pytest.skip("one engine is enough")
    name = f"okamochi-careless-{os.getpid()}"
    weak = ("--user", "0:0", "--security-opt", "seccomp=unconfined")
    flags = (*weak, "--publish", "18099:8000", "--env", "TOKEN=told-to-everybody")
    program = (
        "import os; os.mkdir('/app/left'); os.chmod('/app/serve.py', 0o4777);"
        "print('told-to-everybody', flush=True); exec(open('/app/serve.py').read())"
    )
    words = ("docker", "run", "--detach", "--name", name, *flags, "--entrypoint", "/opt/venv/bin/python")
    try:
        started = subprocess.run(
            (*words, str(reference.tagged), "-c", program), capture_output=True, check=False
        )
        assert started.returncode == 0, started.stderr
        yield name
    finally:
        subprocess.run(("docker", "rm", "--force", name), check=False, capture_output=True)


def test_a_careless_container_shows_each_weakness(careless: str, engine: Engine) -> None:
    assert isinstance(engine, DockerEngine)
    environ = dict(os.environ)
    ends = time.monotonic() + 30
    while "told-to-everybody" not in engine.logs(careless) and time.monotonic() < ends:
        time.sleep(0.1)
    inside = look_inside(engine, careless, write=("/", "/etc"), skip=())
    assert {one.user for one in inside.processes} == {0}
    assert all(
        one.capabilities and one.seccomp == 0 and not one.no_new_privileges for one in inside.processes
    )
    assert [one.error for one in inside.attempts] == ["", ""]
    assert "/app/serve.py" in inside.privileged
    assert inside.writable
    assert inside.limits.memory_bytes == 0
    outside = look_outside(engine, careless, 18099, ("told-to-everybody",), runner=RUNNER, environ=environ)
    assert outside.told == ("the log", "docker inspect")
    assert outside.changed is not None
    assert "/app/left" in outside.changed
    assert outside.published[:1] == ("0.0.0.0",)
    assert outside.open_at == outside.asked_at
    address = reachable_address(engine, careless, 8000, runner=RUNNER, environ=environ)
    assert address is not None
    assert address[0] != "127.0.0.1"


def test_processes_alone_are_seen_quickly(engine: Engine, spec: RunSpec) -> None:
    if engine.name == "host":
        pytest.skip("its programs run beside the app, in namespaces of their own")
    start_healthy(engine, spec, QUICK)
    assert any("serve.py" in one.command for one in processes_inside(engine, spec.name))
