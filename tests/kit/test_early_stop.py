"""A stop that comes while process 1 still imports, before its server has set a handler of its own."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.detect.plans import FLASK_APP, planned
from tests.lacks import require_namespaces

from okamochi.build.kit_files import kit_entries
from okamochi.kit import builder_files, early_stop

AS_PROCESS_ONE = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child")
IMPORTS = "import time\nprint('imports', flush=True)\ntime.sleep(60)\n"
HAS_A_HANDLER = """\
import signal, sys, time
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(7))
print('serves', flush=True)
time.sleep(60)
"""
HAS_A_CHILD = """\
import os, signal, time
told, tells = os.pipe()
child = os.fork()
if not child:
    os.write(tells, b"default" if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL else b"handler")
    time.sleep(60)
    os._exit(0)
found = os.read(told, 7).decode()
os.kill(child, 15)
print(found, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As a Dockerfile's builder stage makes it."""
    folder = tmp_path_factory.mktemp("early-stop")
    (folder / "wheels").mkdir()
    for name, content in builder_files():
        (folder / name).write_bytes(content)
    words = (sys.executable, folder / "install.py", "wheels", folder / "wheels", folder / "venv")
    subprocess.run(words, check=True, capture_output=True, timeout=120)
    return folder / "venv"


@contextmanager
def process_one(environment: Path, code: str) -> Iterator[tuple[subprocess.Popen[str], int, str]]:
    """The one that starts it, its number out here, and the first line that it says."""
    require_namespaces()
    words = (*AS_PROCESS_ONE, environment / "bin/python", "-c", code)
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as starter:
        try:
            assert starter.stdout is not None
            said = starter.stdout.readline().strip()
            children = Path(f"/proc/{starter.pid}/task/{starter.pid}/children").read_text().split()
            yield starter, int(children[0]), said
        finally:
            starter.kill()


@pytest.mark.parametrize(("code", "ends_with"), [(IMPORTS, 143), (HAS_A_HANDLER, 7)])
def test_process_one_ends_at_a_stop_as_its_own_handler_says_or_at_once(
    environment: Path, code: str, ends_with: int
) -> None:
    with process_one(environment, code) as (starter, number, said):
        assert said
        subprocess.run(("kill", "-TERM", str(number)), check=True)
        begun = time.monotonic()
        assert starter.wait(20) == ends_with
        assert time.monotonic() - begun < 15


def test_a_child_that_process_one_forks_is_killed_as_ever(environment: Path) -> None:
    """A handler of Python's would wait for a library that computes for long."""
    with process_one(environment, HAS_A_CHILD) as (_, _, said):
        assert said == "default -15"


def test_a_handler_of_the_programs_own_is_left_to_what_it_forks(environment: Path) -> None:
    own = "import signal\nsignal.signal(15, lambda number, frame: os._exit(7))\n"
    with process_one(environment, own + HAS_A_CHILD.replace("child, 15", "child, 9")) as (_, _, said):
        assert said == "handler -9"


def test_an_image_has_it_where_its_python_looks_at_its_start() -> None:
    plan = planned({"app.py": FLASK_APP})
    name, content = early_stop()
    path = f"opt/venv/lib/python{plan.python_version}/site-packages/{name}"
    found = [one.content for one in kit_entries(plan) if one.path == path]
    assert [one.read() for one in found if one is not None] == [content]
