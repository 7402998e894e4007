"""The program that starts a command of the desk."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import okamochi

KIT = Path(okamochi.__file__).parent / "kit"
SHOW = "import os, sys; print(os.environ.get('SECRET_KEY'), sys.argv[1:])"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """As it lies in an image: its folder below the kit's."""
    place = tmp_path / "kit/development/start.py"
    place.parent.mkdir(parents=True)
    place.write_bytes((KIT / "development_start.py").read_bytes())
    (tmp_path / "kit/secret_files.py").write_bytes((KIT / "secret_files.py").read_bytes())
    return place


def started(program: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    argv = (sys.executable, "-I", str(program), "--", *command)
    environ = {"PATH": os.environ["PATH"], **variables}
    return subprocess.run(argv, env=environ, capture_output=True, text=True, check=False)


def test_secrets_are_loaded_as_in_production(program: Path, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("s3\n")
    variables = {"OKAMOCHI_SECRET_FILES": "SECRET_KEY", "SECRET_KEY_FILE": str(tmp_path / "key")}
    done = started(program, sys.executable, "-c", SHOW, "a", **variables)
    assert done.stdout == "s3 ['a']\n"


@pytest.mark.parametrize("address", ["0.0.0.0", "192.168.1.7", "::"])
def test_the_debugger_is_never_published_for_others(program: Path, address: str) -> None:
    done = started(program, sys.executable, "-c", SHOW, OKAMOCHI_ADDRESS=address)
    assert done.returncode == 1 and not done.stdout
    assert f"OKAMOCHI_ADDRESS={address}" in done.stderr and "any code" in done.stderr


@pytest.mark.parametrize("address", ["", "127.0.0.1", "localhost", "127.0.0.2"])
def test_a_loopback_address_is_fine(program: Path, address: str) -> None:
    assert started(program, sys.executable, "-c", SHOW, OKAMOCHI_ADDRESS=address).returncode == 0


def test_a_debugger_runs_the_script_when_a_port_is_asked_for(program: Path, tmp_path: Path) -> None:
    (tmp_path / "debugpy.py").write_text("import sys; print(sys.argv[1:])")
    (tmp_path / "flask").write_text("")
    variables = {"OKAMOCHI_DEBUG_PORT": "5678", "PYTHONPATH": str(tmp_path)}
    done = started(program, sys.executable, str(tmp_path / "flask"), "run", **variables)
    assert done.stdout == f"{['--listen', '0.0.0.0:5678', str(tmp_path / 'flask'), 'run']}\n", done.stderr


def test_a_program_that_is_missing_is_told(program: Path) -> None:
    done = started(program, "/nowhere/flask")
    assert done.returncode == 127 and "cannot run /nowhere/flask" in done.stderr


def test_a_command_that_fails_is_started_again_when_the_code_changes(program: Path, tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (app / "main.py").write_text("raise SystemExit('half done')")
    argv = (sys.executable, "-I", str(program), "--", sys.executable, "main.py")
    with subprocess.Popen(
        argv, cwd=app, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as started:
        assert started.stderr is not None
        assert "half done" in started.stderr.readline()
        assert "waiting for a change" in started.stderr.readline()
        (app / "main.py").write_text("print('done')")
        assert started.wait(timeout=30) == 0
        assert started.stdout is not None and started.stdout.read() == "done\n"


@pytest.mark.parametrize("body", ["import time; time.sleep(60)", "raise SystemExit(1)"])
def test_it_ends_when_it_is_told_to(program: Path, tmp_path: Path, body: str) -> None:
    (tmp_path / "main.py").write_text(f"print('started', flush=True)\n{body}")
    argv = (sys.executable, "-I", str(program), "--", sys.executable, "main.py")
    with subprocess.Popen(argv, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as started:
        assert started.stdout is not None and started.stdout.readline() == b"started\n"
        time.sleep(0.5)
        started.terminate()
        assert started.wait(timeout=30) == 143
