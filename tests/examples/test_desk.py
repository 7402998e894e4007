"""The desk on real containers: an edit is served, files stay the user's, a shell joins production."""

import http.client
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import Program

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "flask-minimal"
OWNER = 4242
SERVED = "Your order has arrived"

pytestmark = [pytest.mark.engine, pytest.mark.network, pytest.mark.slow]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Owned by somebody else when root runs the tests."""
    folder = tmp_path_factory.mktemp("desk") / "minimal"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("okamochi.lock", "__pycache__"))
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, OWNER, OWNER)
    return folder


@pytest.fixture(scope="module")
def program(project: Path, private_program: Program) -> Iterator[Program]:
    yield private_program
    private_program("down", project, "--volumes")


def page(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return str(answer.read().decode())
    except (OSError, http.client.HTTPException) as error:  # between two processes of a reload nobody listens
        return str(error)


def seconds_until(url: str, text: str, most: float = 180) -> float:
    begin = time.monotonic()
    while text not in page(url):
        assert time.monotonic() - begin < most, page(url)[:500]
        time.sleep(0.02)
    return time.monotonic() - begin


def import_seconds(container: str) -> float:
    """How long Python alone takes for the app there: a reload cannot be faster than that."""
    begin = time.monotonic()
    subprocess.run(("docker", "exec", container, "python", "-c", "import app"), check=True, timeout=60)
    return time.monotonic() - begin


def test_an_edit_is_served_and_every_file_stays_the_users(program: Program, project: Path) -> None:
    url = program.ok("dev", project, "--engine", "docker").last_line
    assert SERVED in page(url)
    container = next(
        one for one in program.ok("ps", project).stdout.split() if one.startswith("okamochi-minimal")
    )
    source = (project / "app.py").read_text()
    quick = []
    # 1.5 s on a machine that is idle, where the import takes 0.3 s; what else runs slows both down
    for word in ("once", "twice", "thrice", "again", "at last"):
        (project / "app.py").write_text(source.replace(SERVED, f"Edited {word}"))
        took, own = seconds_until(url, f"Edited {word}"), import_seconds(container)
        quick.append((took < 1.2 + 3 * own, took, own))
        if len(quick) >= 3 and any(fits for fits, _, _ in quick):
            break
        time.sleep(0.5)
    assert any(fits for fits, _, _ in quick), quick

    made = subprocess.run(
        ("docker", "exec", container, "touch", "/app/made-inside"), capture_output=True, check=False
    )
    assert made.returncode == 0, made.stderr
    assert (project / "made-inside").stat().st_uid == project.stat().st_uid
    assert not list(project.rglob("__pycache__"))


def test_without_an_engine_an_edit_is_served_too(okamochi_cache: Path, tmp_path: Path) -> None:
    folder = tmp_path / "minimal"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("okamochi.lock"))
    program = Program(
        {"OKAMOCHI_CACHE_DIR": str(okamochi_cache), "OKAMOCHI_STATE_DIR": str(tmp_path / "state")}
    )
    try:
        url = program.ok("dev", folder, "--engine", "host").last_line
        assert url.startswith("http://127.0.0.1:")
        assert SERVED in page(url)
        source = folder / "app.py"
        source.write_text(source.read_text().replace(SERVED, "Edited here"))
        seconds_until(url, "Edited here")
    finally:
        program("down", folder, "--volumes")


def test_a_mistake_is_told_and_mended_by_the_next_edit(program: Program, project: Path) -> None:
    source = (project / "app.py").read_text()
    (project / "app.py").write_text(source + "\nraise RuntimeError('half done')\n")
    answer = program.ok("dev", project, "--engine", "docker")
    assert "it goes on running" in answer.stderr
    assert "half done" in answer.stderr
    (project / "app.py").write_text(source)
    seconds_until(answer.last_line, "<h1>")


def test_a_debugger_attaches_on_loopback(program: Program, project: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program.ok("dev", project, "--engine", "docker", "--debug", str(port))
    with socket.create_connection(("127.0.0.1", port), timeout=20) as debugger:
        debugger.settimeout(20)
        assert debugger.recv(100).startswith(b"Content-Length: ")  # the Debug Adapter Protocol


def test_a_shell_joins_production_which_has_none(program: Program, project: Path) -> None:
    program.ok("up", project, "--engine", "docker")
    inside = program("exec", "--project", project, "sh", "-c", "true")
    assert inside.code != 0
    script = "ls /proc/1/root/app; curl -s 127.0.0.1:8000/health; python -c 'import flask'; id -u; exit 3"
    answer = program("shell", project, "--", "bash", "-c", script)
    assert answer.code == 3, answer.stderr
    assert "app.py" in answer.stdout and "ok" in answer.stdout and "10001" in answer.stdout


EDITED = {"fastapi-uv": "menu/main.py", "django-poetry": "ledger/urls.py"}


@pytest.mark.matrix  # the first test shows the same for Flask
@pytest.mark.parametrize("example", sorted(EDITED))
def test_other_frameworks_serve_an_edit_too(example: str, okamochi_cache: Path, tmp_path: Path) -> None:
    folder = tmp_path / example
    shutil.copytree(EXAMPLE.parent / example, folder, ignore=shutil.ignore_patterns("okamochi.lock"))
    state = str(tmp_path / "state")
    program = Program({"OKAMOCHI_CACHE_DIR": str(okamochi_cache), "OKAMOCHI_STATE_DIR": state})
    try:
        url = program.ok("dev", folder, "--engine", "docker").last_line
        seconds_until(url, "毎度あり")
        source = folder / EDITED[example]
        for word in ("first edit", "second edit"):
            former = "毎度あり" if word == "first edit" else "first edit"
            source.write_text(source.read_text().replace(former, word))
            seconds_until(url, word)
    finally:
        program("down", folder, "--volumes")
