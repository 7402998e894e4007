"""Every Python that Debian has, served from its container."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.examples.conftest import Serving, served
from tests.workflows.conftest import Build, building

pytestmark = [pytest.mark.network, pytest.mark.engine]

APP = """\
import sys

from flask import Flask

app = Flask(__name__)


@app.route("/")
def index():
    return "Python %d.%d" % sys.version_info[:2]


@app.route("/health")
def health():
    return "ok"
"""
OLD_PINS = """\
flask==1.1.4
jinja2==2.11.3
markupsafe==1.1.1
werkzeug==1.0.1
itsdangerous==1.1.0
click==7.1.2
"""
# Runs inside: every .pyc that is loaded is one that the build made, for this Python and this source.
BYTECODE = """
import _imp, flask, importlib.util, json, sys
magic = importlib.util.MAGIC_NUMBER
wrong, seen = [], 0
for module in list(sys.modules.values()):
    cached = getattr(module, "__cached__", None)
    if not cached or not getattr(module, "__file__", "").endswith(".py"):
        continue
    seen += 1
    head = open(cached, "rb").read(16)
    source = open(module.__file__, "rb").read()
    expected = magic + (1).to_bytes(4, "little") + importlib.util.source_hash(source)
    if head != expected:
        wrong.append(cached)
print(json.dumps({"seen": seen, "wrong": wrong}))
"""


@pytest.fixture(scope="module", params=["3.9", *(
    pytest.param(version, marks=pytest.mark.matrix) for version in ("3.11", "3.13", "3.14")
)])  # fmt: skip
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, version: str) -> Path:
    root = tmp_path_factory.mktemp("pythons") / "shop"
    root.mkdir()
    (root / "app.py").write_text(APP)
    # with old pins, nothing in the project says that 3.9 is the Python for which they have wheels
    (root / "requirements.txt").write_text(OLD_PINS if version == "3.9" else "flask\n")
    if version != "3.9":
        (root / ".python-version").write_text(version + "\n")
    return root


@pytest.fixture(scope="module")
def serving(private_program: Program, project: Path) -> Iterator[Serving]:
    yield from served(private_program, project, "docker")


def test_it_answers_from_that_python(serving: Serving, version: str) -> None:
    assert serving.browser().get("/").text == f"Python {version}"
    assert serving.browser().get("/health").status == 200
    told = serving.execute("python", "-V").stdout
    assert told.startswith(f"Python {version}.")
    if version == "3.9":
        assert "Python 3.9 instead of 3.13: markupsafe 1.1.1 has no wheel" in serving.stderr
        assert "no security updates" in serving.stderr


def test_it_is_hardened_alike(serving: Serving) -> None:
    inside = serving.inside()
    assert (inside["uid"], inside["capabilities"], inside["no_new_privileges"]) == (10001, 0, "1")
    assert inside["shells"] == []
    assert {path: bool(why) for path, why in inside["writing"].items()} == {
        "/": True, "/app": True, "/opt/venv": True, "/opt/okamochi": True, "/etc": True, "/tmp": False,
    }  # fmt: skip


def test_its_bytecode_is_that_of_the_build(serving: Serving) -> None:
    answer = serving.execute("python", "-c", BYTECODE)
    assert answer.code == 0, answer.stderr
    found = json.loads(answer.stdout)
    assert found["seen"] > 100 and found["wrong"] == []
    argv = ("docker", "diff", serving.container)
    changed = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    assert ".pyc" not in changed


def test_the_same_project_gives_the_same_digest(
    serving: Serving,
    private_program: Program,
    tmp_path: Path,
    make_fresh: Callable[[], Program],
) -> None:
    build: Build = building(private_program, tmp_path)
    first = build(serving.root, "--locked", layout="one")
    again = build(serving.root, "--locked", layout="two", using=make_fresh())
    assert first.digest == again.digest


@pytest.fixture
def make_fresh(okamochi_cache: Path, tmp_path: Path) -> Callable[[], Program]:
    """A program whose cache has the downloads, and nothing that builds made."""

    def make() -> Program:
        from tests.workflows.conftest import cache_copy

        return Program({"OKAMOCHI_CACHE_DIR": str(cache_copy(okamochi_cache, tmp_path / "fresh")), "CI": "1"})

    return make
