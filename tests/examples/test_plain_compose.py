"""examples/invoice as somebody without okamochi finds it: `docker compose up`, and nothing before."""

import os
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.images.pythons import python_image
from tests.images.stand_ins import ensure

ROOT = Path(__file__).resolve().parents[2]
PROJECT = "okamochi-test-plain-compose"
pytestmark = [pytest.mark.engine, pytest.mark.network, pytest.mark.slow, pytest.mark.matrix]


class Compose:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *words: str) -> str:
        own = ("OKAMOCHI", "SECRET_KEY", "DATABASE_URL", "DB_PASSWORD")
        environ = {key: value for key, value in os.environ.items() if not key.startswith(own)}
        done = subprocess.run(
            ("docker", "compose", "--project-name", PROJECT, "--ansi", "never", *words),
            cwd=self.folder,
            env={**environ, "OKAMOCHI_PORT": "0", "OKAMOCHI_IMAGE": f"{PROJECT}:latest"},
            capture_output=True,
            text=True,
            timeout=1500,
            check=False,
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
        return done.stdout

    def page(self, path: str) -> bytes:
        port = self("port", "web", "8000").strip()
        with urllib.request.urlopen(f"http://{port}{path}", timeout=30) as answer:
            return bytes(answer.read())


@pytest.fixture
def compose(tmp_path: Path) -> Iterator[Compose]:
    for tag in ("postgres:17", "valkey/valkey:8.1"):
        ensure(tag)
    python_image("3.13")
    # what git has, and nothing that lies beside it
    listed = subprocess.run(
        ("git", "ls-files", "-z", "examples/invoice"), cwd=ROOT, capture_output=True, check=True
    )
    for name in listed.stdout.decode().strip("\0").split("\0"):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    found = Compose(tmp_path / "examples/invoice")
    try:
        yield found
    finally:
        found("down", "--volumes", "--rmi", "local")


def test_the_stack_is_up_by_one_command_and_keeps_its_data_and_passwords(compose: Compose) -> None:
    compose("up", "--detach", "--wait")
    password = compose("exec", "-T", "db", "cat", "/run/secrets/DB_PASSWORD")
    key = compose("exec", "-T", "web", "cat", "/run/secrets/SECRET_KEY")
    assert re.fullmatch("[0-9a-f]{32,}", password) and re.fullmatch("[0-9a-f]{32,}", key)
    loader = ("/opt/venv/bin/python", "-I", "/opt/okamochi/secret_files.py", "--")
    compose("exec", "-T", "web", *loader, "/opt/venv/bin/flask", "seed-demo")
    assert compose.page("/invoices/6/pdf").startswith(b"%PDF-")
    shown = compose("logs") + compose("config")
    for container in compose("ps", "--all", "--quiet").split():
        shown += subprocess.run(("docker", "inspect", container), capture_output=True, text=True).stdout
    assert password not in shown and key not in shown
    compose("down")
    compose("up", "--detach", "--wait")
    assert compose("exec", "-T", "db", "cat", "/run/secrets/DB_PASSWORD") == password
    assert compose.page("/invoices/6/pdf").startswith(b"%PDF-")
