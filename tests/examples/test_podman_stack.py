"""A database, a cache and migrations on podman: the same compose file, Compose beside podman."""

import json
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.examples.conftest import Browser, Serving, answering
from tests.images.stand_ins import ensure_in_podman
from tests.workflows.conftest import copied

# docker makes the stand-ins of the services
pytestmark = [pytest.mark.engine, pytest.mark.network, pytest.mark.slow]


@pytest.fixture(scope="module")
def stack(private_program: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    answering("podman")
    for tag in ("postgres:17", "valkey/valkey:8.1"):
        ensure_in_podman(tag)
    root = copied("flask-uploads", tmp_path_factory.mktemp("podman") / "picture-book")
    serving = Serving(private_program, root, "podman", {}, "")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    try:
        # while a backup is restored, nothing of this app holds the usual port, which other tests take
        serving.up("--port", str(port))
        yield serving
    finally:
        serving.down("--volumes")
        for what in (("ps", "--all"), ("volume", "ls")):
            assert "picture-book" not in podman(*what)
        for image in re.findall(r"docker.io/library/picture-book:\w+", podman("images", "--format", IMAGE)):
            podman("image", "rm", image)


IMAGE = "{{.Repository}}:{{.Tag}}"


def podman(*words: str) -> str:
    return subprocess.run(("podman", *words), capture_output=True, text=True, check=True).stdout


def beside(stack: Serving) -> dict[str, str]:
    (shown,) = json.loads(stack.program.ok("ps", stack.root, "--format", "json").stdout)
    return {one["service"]: one["state"] for one in shown["others"]}


def visits(stack: Serving) -> int:
    """The counter that Redis keeps."""
    found = re.search(r"seen (\d+) times", Browser(stack.url).get("/").text)
    assert found is not None
    return int(found[1])


def test_the_database_is_migrated_and_the_cache_counts(stack: Serving) -> None:
    assert "0001" in stack.execute("flask", "db", "current").stdout
    assert visits(stack) < visits(stack)
    assert beside(stack) == {"db": "running", "redis": "running", "release": "exited", "secrets": "exited"}


def test_web_is_hardened_as_on_docker(stack: Serving) -> None:
    inside = stack.inside()
    assert (inside["uid"], inside["capabilities"], inside["no_new_privileges"]) == (10001, 0, "1")
    assert inside["writing"]["/app"] and inside["writing"]["/opt/venv"] and not inside["writing"]["/tmp"]
    written = (
        "import os; print([one for one in ('/run', '/var/tmp', '/tmp') if not os.statvfs(one).f_flag & 1])"
    )
    assert stack.execute("python", "-c", written).stdout.strip() == "['/tmp']"


def test_an_edit_replaces_web_and_leaves_the_data(stack: Serving) -> None:
    before, database = visits(stack), podman("inspect", "--format", "{{.Id}}", name(stack, "db"))
    (stack.root / "app.py").open("a").write("\nEDITED = True\n")
    stack.up()
    assert visits(stack) > before
    assert podman("inspect", "--format", "{{.Id}}", name(stack, "db")) == database
    stack.up()
    assert "nothing changed" in stack.stderr


def test_data_is_saved_and_comes_back(stack: Serving, tmp_path: Path) -> None:
    saved = Path(stack.program.ok("backup", stack.root, "--output", tmp_path).last_line)
    counted = visits(stack)
    stack.program.ok("restore", saved, stack.root, "--yes")
    assert visits(stack) <= counted


def test_no_service_of_podman_stays_behind(stack: Serving) -> None:
    listed = subprocess.run(("ps", "-eo", "args"), capture_output=True, text=True, check=True).stdout
    assert not [line for line in listed.splitlines() if "system service" in line and "okamochi-" in line]


def name(stack: Serving, service: str) -> str:
    return stack.container.removesuffix("web-1") + f"{service}-1"
