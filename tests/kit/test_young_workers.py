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
    variables = {"PORT": str(free_port()), "WEB_CONCURRENCY": "1", "WHERE": where}
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
        assert process.wait(30) == 0, (folder / "out").read_text()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
