"""Starting and ending: requests that are under way, apps that do not come up."""

import json
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.examples.conftest import Browser, Page, Serving, served
from tests.lacks import proves_entries

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


GRACE_SECONDS = 35
"""Of a process of web in the plan."""


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
    assert time.monotonic() - started < GRACE_SECONDS, "it ends by itself, before the engine kills it"


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


TROUBLES = (
    "an import that fails",
    "an exception at start",
    # waits as long as an app may take to come up
    pytest.param("a page that fails", marks=pytest.mark.matrix),
)


@pytest.mark.parametrize("trouble", TROUBLES)
def test_an_app_that_does_not_come_up_is_told_with_the_end_of_its_log(
    private_program: Program, tmp_path: Path, engine: str, trouble: str
) -> None:
    source, words = BROKEN[trouble]
    root = project(tmp_path / "broken-shop", {"app.py": source})
    try:
        answer = private_program("up", root, "--engine", engine)
        # what the proof of the entry point finds is told before anything is started
        proved = engine != "host" or proves_entries()
        code = 5 if trouble == "an import that fails" and proved else 8
        assert (answer.code, answer.stdout) == (code, ""), answer.stderr
        assert "hint:" in answer.stderr
        for word in words:
            assert word in answer.stderr
    finally:
        private_program("down", root, "--volumes")


TELLS_ITS_START = SLOW_APP.replace('return "ready"', "return BORN") + "\nBORN = str(time.time_ns())\n"


def test_an_up_that_changes_nothing_lets_what_serves_go_on(
    private_program: Program, tmp_path: Path, engine: str
) -> None:
    root = project(tmp_path / "calm-shop", {"app.py": TELLS_ITS_START})
    values = tmp_path / "values"
    # with more workers the page tells of whichever answers
    plain = "WEB_CONCURRENCY=1\nCOLOUR=red\n"
    values.write_text(f"{plain}OTHER_API_KEY=one\n")

    def up() -> tuple[str, str]:
        answer = private_program.ok("up", root, "--engine", engine, "--env-file", values)
        return Browser(answer.stdout.strip()).get("/").text, answer.stderr

    try:
        born, _ = up()
        again, told = up()
        assert again == born and "nothing changed" in told
        shown = private_program.ok(
            "up", root, "--engine", engine, "--env-file", values, "--format", "json"
        ).stdout
        state = Path(private_program.environ["OKAMOCHI_STATE_DIR"]) / json.loads(shown)["app"]
        listed = private_program.ok("ps", root, "--format", "json").stdout
        assert (state / "started").read_text() not in shown + listed  # it is made of secrets, too
        values.write_text(f"{plain}OTHER_API_KEY=two\n")
        with_other_secret, told = up()
        assert with_other_secret != born and "nothing changed" not in told
        private_program.ok("up", root, "--engine", engine, "--env-file", values, "--setup", "python -V")
        after_setup, _ = up()
        assert after_setup != with_other_secret
    finally:
        private_program("down", root, "--volumes")


READS_TOKEN = (
    SLOW_APP + "\nimport os\nimport sys\n\nprint('to stderr', file=sys.stderr)\nos.environ['SHOP_TOKEN']\n"
)


def test_an_up_that_fails_leaves_what_served_before_serving(
    private_program: Program, tmp_path: Path, engine: str
) -> None:
    root = project(tmp_path / "steady-shop", {"app.py": READS_TOKEN})
    (tmp_path / "values").write_text("SHOP_TOKEN=one\nOTHER_API_KEY=two\n")
    up = ("up", root, "--engine", engine, "--env-file", tmp_path / "values", "--format", "json")
    try:
        record = json.loads(private_program.ok(*up).stdout)
        secrets = Path(private_program.environ["OKAMOCHI_STATE_DIR"]) / record["app"] / "secrets"
        assert {path.name for path in secrets.iterdir()} == {"SHOP_TOKEN", "OTHER_API_KEY"}
        (tmp_path / "values").write_text("SHOP_TOKEN=three\n")
        (root / "app.py").write_text(READS_TOKEN + "raise RuntimeError('no luck today')\n")
        answer = private_program(*up)
        assert (answer.code, "serves again" in answer.stderr) == (8, True), answer.stderr
        assert Browser(record["url"]).get("/").text == "ready"
        assert (secrets / "SHOP_TOKEN").read_text() == "one"
        listed = private_program.ok("ps", root).stdout.splitlines()
        assert len(listed) == 1 and f"  {engine}  running" in listed[0] and "starting" not in listed[0]
        (root / "app.py").write_text(READS_TOKEN + "# mended\n")
        assert json.loads(private_program.ok(*up).stdout)["url"] == record["url"]
        assert {path.name for path in secrets.iterdir()} == {"SHOP_TOKEN"}
        assert private_program.ok("down", root).stdout == f"removed {record['container']}\n"
        assert list(secrets.iterdir()) == []
    finally:
        private_program("down", root, "--volumes")


def test_a_first_up_that_fails_leaves_nothing(private_program: Program, tmp_path: Path, engine: str) -> None:
    source, _ = BROKEN["an exception at start"]
    root = project(tmp_path / "first-try", {"app.py": source})
    assert private_program("up", root, "--engine", engine).code == 8
    assert private_program.ok("ps", root).stdout == ""
    assert private_program.ok("down", root).stdout == "nothing was running\n"


def test_sigterm_ends_an_up_as_ctrl_c_does(private_program: Program, tmp_path: Path, engine: str) -> None:
    # only where it is served: its proof is done soon
    waits = "if 'gunicorn' in sys.modules:\n    time.sleep(25)\n"
    source = f"import sys, time\nfrom flask import Flask\n\napp = Flask(__name__)\n{waits}"
    root = project(tmp_path / "late-shop", {"app.py": source})
    argv = (*private_program.start, "up", root, "--engine", engine)
    running = subprocess.Popen(
        argv, env=private_program.whole_environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        private_program.ok("build", root, "--to", f"layout:{tmp_path / 'layout'}")
        deadline = time.monotonic() + 60
        while not started_in(root, engine, private_program):
            assert running.poll() is None and time.monotonic() < deadline
            time.sleep(0.2)
        running.send_signal(signal.SIGTERM)
        stdout, stderr = running.communicate(timeout=30)
        assert (running.returncode, stdout) == (143, b""), stderr
        assert b"ended by SIGTERM" in stderr and b"Traceback" not in stderr
        assert private_program.ok("down", root).stdout == "nothing was running\n"
    finally:
        running.kill()
        private_program("down", root, "--volumes")


def started_in(root: Path, engine: str, program: Program) -> bool:
    if engine == "host":
        state = Path(program.environ["OKAMOCHI_STATE_DIR"])
        return any(state.glob(f"{root.name}-*/host/*/status.json"))
    argv = (engine, "ps", "--quiet", "--filter", f"label=io.okamochi.project={root.resolve()}")
    return bool(subprocess.run(argv, capture_output=True, check=True).stdout)


def test_a_default_port_that_is_taken_moves_on_and_is_told(
    private_program: Program, tmp_path: Path, engine: str
) -> None:
    root = project(tmp_path / "moving-shop", {"app.py": SLOW_APP})
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        (root / "okamochi.toml").write_text(f"port = {taken}\n")
        try:
            answer = private_program.ok("up", root, "--engine", engine)
            assert answer.stderr.count(f"port {taken} is taken") == 1
            assert Browser(answer.last_line).get("/").text == "ready"
            assert not answer.last_line.rstrip("/").endswith(f":{taken}")
        finally:
            private_program("down", root, "--volumes")


def test_two_apps_that_start_at_once_get_a_port_each(
    private_program: Program, tmp_path: Path, engine: str
) -> None:
    roots = [project(tmp_path / name, {"app.py": SLOW_APP}) for name in ("first-shop", "second-shop")]
    try:
        private_program.ok("build", roots[0], "--to", f"layout:{tmp_path / 'layout'}")
        with ThreadPoolExecutor(2) as pool:
            answers = pool.map(lambda root: private_program("up", root, "--engine", engine), roots)
            found = list(answers)
        assert [answer.code for answer in found] == [0, 0], [answer.stderr for answer in found]
        assert len({answer.last_line for answer in found}) == 2
        assert {Browser(answer.last_line).get("/").text for answer in found} == {"ready"}
    finally:
        for root in roots:
            private_program("down", root, "--volumes")


@pytest.mark.engine
def test_an_app_runs_on_one_engine_at_a_time(private_program: Program, tmp_path: Path) -> None:
    root = project(tmp_path / "wandering-shop", {"app.py": SLOW_APP})
    try:
        private_program.ok("up", root, "--engine", "docker")
        answer = private_program.ok("up", root, "--engine", "host")
        assert "stopping" in answer.stderr and "on docker" in answer.stderr
        assert Browser(answer.last_line).get("/").text == "ready"
        listed = private_program.ok("ps", root).stdout.splitlines()
        assert len(listed) == 1 and " host " in listed[0]
        removed = private_program.ok("down", root).stdout.splitlines()
        assert len(removed) == 1 and removed[0].startswith("removed ")
    finally:
        private_program("down", root, "--volumes")
