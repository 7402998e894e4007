"""A worker that ends again and again beside a web that serves: told, with exit code 8."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.program import Program

pytestmark = [pytest.mark.engine, pytest.mark.network, pytest.mark.slow]

APP = "from flask import Flask\napp = Flask(__name__)\n\n\n@app.get('/')\ndef index():\n    return 'one'\n"
WELL = "import time\nwhile True:\n    time.sleep(1)\n"
FAILING = "MODELS = {}\nMODELS['large']\n"


@pytest.fixture
def project(private_program: Program, tmp_path: Path) -> Iterator[Callable[..., Path]]:
    root = tmp_path / "queue-shop"
    root.mkdir()

    def written(**files: str) -> Path:
        for name, text in files.items():
            (root / f"{name}.py").write_text(text)
        return root

    (root / "requirements.txt").write_text("flask\n")
    (root / "Procfile").write_text("web: gunicorn app:app\nworker: python jobs.py\n")
    yield written
    private_program("down", root, "--volumes")


def page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return str(answer.read().decode())


@pytest.mark.parametrize("engine", ["docker", "host"])
def test_at_the_first_start_web_serves_and_the_worker_is_told(
    private_program: Program, project: Callable[..., Path], engine: str
) -> None:
    root = project(app=APP, jobs=FAILING)
    answer = private_program("up", root, "--engine", engine)
    assert answer.code == 8, answer.stderr
    assert answer.stdout == ""
    assert "the app raises KeyError: 'large'" in answer.stderr and "/app/jobs.py:2" in answer.stderr
    assert "error: worker " in answer.stderr and "goes on" in answer.stderr
    (shown,) = json.loads(private_program.ok("ps", root, "--format", "json").stdout)
    assert page(shown["up"]["url"]) == "one"
    worker = next(one for one in shown["others"] if one["service"] == "worker")
    assert worker["restarts"] > 1 or worker["state"] != "running"
    # what is mended becomes well by another `up`
    project(jobs=WELL)
    assert page(private_program.ok("up", root, "--engine", engine).last_line) == "one"


def test_what_served_well_before_serves_again(private_program: Program, project: Callable[..., Path]) -> None:
    root = project(app=APP, jobs=WELL)
    private_program.ok("up", root, "--engine", "docker")
    project(app=APP.replace("one", "two"), jobs=FAILING)
    answer = private_program("up", root, "--engine", "docker")
    assert answer.code == 8 and "worker restarts in a loop" in answer.stderr, answer.stderr
    assert "what ran before serves again" in answer.stderr
    (shown,) = json.loads(private_program.ok("ps", root, "--format", "json").stdout)
    assert page(shown["up"]["url"]) == "one"
    assert [one["state"] for one in shown["others"] if one["service"] == "worker"] == ["running"]
    assert private_program.ok("up", project(jobs=WELL), "--engine", "docker").last_line
