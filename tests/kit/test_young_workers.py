"""A stop while a worker is born: between its fork and its own signal handlers."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from tests.kit.conftest import free_port

pytestmark = pytest.mark.network

# What the kit does at a worker's birth, with time before or after it.
SLOW_BIRTH = """\
import os, pathlib, time
__file__ = os.path.abspath("kit/gunicorn.conf.py")
exec(compile(pathlib.Path(__file__).read_text(), __file__, "exec"))
kits = globals().get("post_fork", lambda server, worker: None)

def post_fork(server, worker):
    if os.environ["WHERE"] == "after":
        kits(server, worker)
    pathlib.Path("born").touch()
    time.sleep(1 if os.environ["WHERE"] == "before" else 60)
    if os.environ["WHERE"] == "before":
        kits(server, worker)
"""


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_worker_that_is_told_to_stop_while_it_is_born_ends(
    gunicorn: Path, folder: Path, where: str, number: signal.Signals
) -> None:
    configuration = folder / "slow.conf.py"
    configuration.write_text(SLOW_BIRTH)
    assert told_while_young(gunicorn, folder, configuration, number, WHERE=where) == 0


LOADING = """\
import pathlib, time
pathlib.Path("born").touch()
try:
    time.sleep(60)
except SystemExit:
    {caught}
application = lambda environ, start_response: []
"""


@pytest.mark.parametrize("caught", ["raise", "pass"])
def test_a_worker_that_is_told_to_stop_while_it_loads_the_app_leaves(
    gunicorn: Path, folder: Path, caught: str
) -> None:
    """An app that catches everything at its imports loads on, and leaves then."""
    (folder / "wsgi.py").write_text(LOADING.format(caught=caught))
    configuration = folder / "kit" / "gunicorn.conf.py"
    assert told_while_young(gunicorn, folder, configuration, signal.SIGTERM) == 0
    assert "was sent" not in (folder / "out").read_text()


def told_while_young(
    gunicorn: Path, folder: Path, configuration: Path, number: signal.Signals, **more: str
) -> int:
    """The exit code of a gunicorn that was told when its worker had left the file "born"."""
    variables = {"PORT": str(free_port()), "WEB_CONCURRENCY": "1", **more}
    # of a signal that was lost, nobody hears for an hour
    variables |= {"PATH": os.environ["PATH"], "GUNICORN_GRACEFUL_TIMEOUT": "3600"}
    argv = (gunicorn, "--config", configuration, "wsgi:application")
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen(
            argv, cwd=folder, env=variables, stdout=out, stderr=out, start_new_session=True
        )
    try:
        for _ in range(1200):
            if (folder / "born").exists():
                break
            time.sleep(0.05)
        process.send_signal(number)
        return process.wait(30)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
