"""Starting and ending: requests that are under way, apps that do not come up."""

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.examples.conftest import Browser, Page, Serving, served

pytestmark = pytest.mark.network

SLOW_APP = """\
import time
from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return "ready"


@app.get("/slow")
def slow():
    print("slow begins", flush=True)
    time.sleep(4)
    return "done"
"""


def project(folder: Path, files: Mapping[str, str]) -> Path:
    folder.mkdir()
    for name, text in {"requirements.txt": "flask\n", **files}.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def slow_app(
    private_program: Program, tmp_path_factory: pytest.TempPathFactory, engine: str
) -> Iterator[Serving]:
    root = project(tmp_path_factory.mktemp("slow") / "slow-shop", {"app.py": SLOW_APP})
    yield from served(private_program, root, engine)


def test_a_request_under_way_is_answered_before_the_container_ends(slow_app: Serving) -> None:
    answers: list[Page] = []
    request = threading.Thread(target=lambda: answers.append(Browser(slow_app.url).get("/slow")))
    request.start()
    deadline = time.monotonic() + 20
    while "slow begins" not in slow_app.program.ok("logs", slow_app.root).stdout:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    started = time.monotonic()
    slow_app.down()
    assert time.monotonic() - started < 20
    request.join(30)
    assert [(page.status, page.text) for page in answers] == [(200, "done")]


def test_down_of_an_idle_app_is_quick(slow_app: Serving) -> None:
    slow_app.up()
    started = time.monotonic()
    slow_app.down()
    assert time.monotonic() - started < 10


BROKEN = {
    "an import that fails": (
        "from flask import Flask\nimport no_such_module\n\napp = Flask(__name__)\n",
        ("no_such_module",),
    ),
    "an exception at start": (
        "from flask import Flask\n\napp = Flask(__name__)\nraise RuntimeError('no luck today')\n",
        ("no luck today",),
    ),
    "a page that fails": (
        "from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.get('/')\ndef index():\n    1 / 0\n",
        ("500",),
    ),
}


@pytest.mark.parametrize("trouble", BROKEN)
def test_an_app_that_does_not_come_up_is_told_with_the_end_of_its_log(
    private_program: Program, tmp_path: Path, engine: str, trouble: str
) -> None:
    source, words = BROKEN[trouble]
    root = project(tmp_path / "broken-shop", {"app.py": source})
    try:
        answer = private_program("up", root, "--engine", engine)
        assert (answer.code, answer.stdout) == (8, ""), answer.stderr
        assert "hint:" in answer.stderr
        for word in words:
            assert word in answer.stderr
    finally:
        private_program("down", root, "--volumes")


def test_a_default_port_that_is_taken_moves_on_and_is_told(
    private_program: Program, tmp_path: Path, engine: str
) -> None:
    root = project(tmp_path / "moving-shop", {"app.py": SLOW_APP})
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        (root / "okamochi.toml").write_text(f"port = {taken}\n")
        try:
            answer = private_program.ok("up", root, "--engine", engine)
            assert f"port {taken} is taken" in answer.stderr
            assert Browser(answer.last_line).get("/").text == "ready"
            assert not answer.last_line.rstrip("/").endswith(f":{taken}")
        finally:
            private_program("down", root, "--volumes")
