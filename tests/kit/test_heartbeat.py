"""Workers that show that they live; the libraries are small stand-ins with the names of the real ones."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.kit.laid import lay_kit

from okamochi.kit import healthcheck

LIBRARIES = {
    "rq/__init__.py": "",
    "rq/defaults.py": "DEFAULT_WORKER_TTL = 420\n",
    "rq/worker.py": (
        "from .defaults import DEFAULT_WORKER_TTL\n"
        "class Worker:\n"
        "    ttl = DEFAULT_WORKER_TTL\n"
        "    def heartbeat(self, well=True):\n"
        "        if not well: raise ConnectionError('no Redis')\n"
    ),
    "schedule/__init__.py": "class Scheduler:\n    def run_pending(self): pass\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in LIBRARIES.items():
        (tmp_path / "lib" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "lib" / name).write_text(text)
    lay_kit(tmp_path / "kit")
    return tmp_path


def run(folder: Path, script: str, *words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    (folder / "worker.py").write_text(script)
    argv = (sys.executable, folder / "kit" / "heartbeat.py", "--", *(words or ("python", "worker.py")))
    own = {"PYTHONPATH": str(folder / "lib"), "OKAMOCHI_HEARTBEAT_FILE": str(folder / "beat"), **environ}
    return subprocess.run(argv, cwd=folder, env={**os.environ, **own}, capture_output=True, text=True)


def test_a_heartbeat_of_the_worker_touches_the_file_and_its_pauses_are_short(folder: Path) -> None:
    done = run(folder, "from rq.worker import Worker\nWorker().heartbeat()\nprint(Worker.ttl)\n")
    assert (done.returncode, done.stdout) == (0, "45\n"), done.stderr
    assert (folder / "beat").exists()


def test_a_heartbeat_that_failed_touches_nothing(folder: Path) -> None:
    assert run(folder, "from rq.worker import Worker\nWorker().heartbeat(False)\n").returncode == 1
    assert not (folder / "beat").exists()


def test_a_program_that_merely_exists_has_no_heartbeat(folder: Path) -> None:
    assert run(folder, "import rq.worker, schedule\n").returncode == 0
    assert not (folder / "beat").exists()


def test_a_module_is_run_as_the_interpreter_would_and_gets_the_value_of_the_apps_variable(
    folder: Path,
) -> None:
    script = (
        "import os, sys, schedule\nschedule.Scheduler().run_pending()\nprint(sys.argv[1:], os.environ['A'])\n"
    )
    words = ("python", "-u", "-m", "worker", "x")
    done = run(folder, script, *words, OKAMOCHI_SAME="A=B", B="2")
    assert (done.returncode, done.stdout) == (0, "['x'] 2\n"), done.stderr
    assert (folder / "beat").exists()


def test_a_version_that_looks_different_is_told_and_runs(folder: Path) -> None:
    (folder / "lib" / "schedule" / "__init__.py").write_text("")
    done = run(folder, "import schedule\nprint('runs')\n")
    assert (done.returncode, done.stdout) == (0, "runs\n")
    assert "no heartbeat of schedule" in done.stderr


def test_the_age_of_the_file_is_the_workers_health(tmp_path: Path) -> None:
    beat = tmp_path / "beat"
    environ = {"OKAMOCHI_HEARTBEAT_FILE": str(beat), "OKAMOCHI_HEARTBEAT_SECONDS": "60"}
    assert healthcheck.main(environ) == (False, "no heartbeat yet")
    beat.touch()
    assert healthcheck.main(environ)[0] is True
    os.utime(beat, (time.time() - 90, time.time() - 90))
    assert healthcheck.main(environ) == (False, "the last heartbeat is 90 s old")


def test_a_schema_that_is_behind_keeps_the_app_from_being_ready_and_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, asked = tmp_path / "schema", []
    monkeypatch.setattr(healthcheck, "ask_schema", lambda command, where: asked.append(command))
    assert healthcheck.schema("flask db upgrade", str(place), 0.1)[0] is False
    place.write_text("3 the schema is at nothing, not at 0001\n")
    assert healthcheck.schema("x", str(place), 0.1) == (False, "the schema is at nothing, not at 0001")
    assert healthcheck.schema("x", str(place), 0.1)[0] is False
    assert len(asked) == 2
    place.write_text("0 the schema is at 0001\n")
    assert healthcheck.schema("x", str(place), 0.1)[0] is True
    assert healthcheck.schema("x", str(place), 0.1)[0] is True
    assert len(asked) == 2


def test_one_question_about_the_schema_is_asked_at_a_time_and_one_that_was_lost_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, begun = tmp_path / "schema", []
    monkeypatch.setattr(os, "fork", lambda: begun.append("a process") or 4711)
    for _ in range(3):  # probes come every few seconds, while the app is loaded for the answer
        healthcheck.ask_schema("flask db upgrade", str(place))
    assert len(begun) == 1
    long_ago = time.time() - 2 * healthcheck.ASKED_SECONDS
    os.utime(tmp_path / "schema.asked", (long_ago, long_ago))
    healthcheck.ask_schema("flask db upgrade", str(place))
    assert len(begun) == 2
