"""The desk's commands on the command line."""

from pathlib import Path

import pytest

from tests.cli.program import Program


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program({"OKAMOCHI_STATE_DIR": str(tmp_path / "state"), "COLUMNS": "200"})


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "app.py").write_text(
        "import os\nfrom flask import Flask\napp = Flask(__name__)\n"
        "app.secret_key = os.environ['SECRET_KEY']\n"
    )
    (folder / "requirements.txt").write_text("flask\n")
    return folder


@pytest.mark.parametrize("command", ["shell", "release"])
def test_what_needs_something_that_runs_says_how_to_start_it(
    program: Program, project: Path, command: str
) -> None:
    answer = program(command, project)
    assert answer.code == 7 and answer.stdout == ""
    assert "okamochi up" in answer.stderr


def test_a_command_for_the_shell_is_no_path(program: Program, project: Path) -> None:
    answer = program("shell", project, "--", "ls", "/nowhere")
    assert answer.code == 7 and "nothing of" in answer.stderr


def test_an_engine_that_is_none_is_refused_before_anything_is_built(program: Program, project: Path) -> None:
    answer = program("dev", project, "--engine", "vmware")
    assert answer.code == 2 and "docker, podman, host" in answer.stderr


def test_up_refuses_a_placeholder_with_its_line(program: Program, project: Path) -> None:
    (project / ".env.prod").write_text("# production\nSECRET_KEY=change-me\n")
    answer = program("up", project, "--engine", "host", "--env-file", project / ".env.prod")
    assert answer.code == 2, answer.stderr
    assert ".env.prod:2" in answer.stderr and "change-me" not in answer.stderr


def test_plan_tells_what_is_wrong_with_the_projects_env_files(program: Program, project: Path) -> None:
    (project / ".env").write_text("SECRET_KEY=secret\nSECRET_KEY=5f0c6e2b91\nOLD=1\n")
    told = program.ok("plan", project).stderr
    assert ".env:2: SECRET_KEY is set in line 1 already" in told
    assert ".env:3: OLD is read by nothing in the project" in told


def test_the_sample_is_kept_honest(program: Program, project: Path) -> None:
    program.ok("render", "env-sample", project)
    program.ok("render", "env-sample", project, "--check")
    (project / "app.py").write_text((project / "app.py").read_text() + "os.environ['PARTNER_URL']\n")
    answer = program("render", "env-sample", project, "--check")
    assert answer.code != 0 and "PARTNER_URL" in answer.stderr
