"""stdout is the answer alone, for people and for programs; stderr is for people."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from okamochi.cli.main import COMMANDS
from okamochi.cli.ps import shown, tell_apps
from okamochi.run.compose import ServiceState
from okamochi.run.spec import ContainerState, Running
from okamochi.run.state import UpRecord
from okamochi.system.cache import Cache
from okamochi.workflows.running import Seen
from tests.cli.program import Program, tree_of

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
OKAMOCHI = str(Path(sys.executable).parent / "okamochi")
NAMES = ("flask-minimal", "flask-factory", "invoice")


@pytest.fixture
def program() -> Program:
    return Program({"COLUMNS": "200"})


@pytest.mark.parametrize("example", NAMES)
def test_the_plan_is_json_by_its_own_schema(program: Program, example: str) -> None:
    schema = json.loads(program.ok("plan", "--schema").stdout)
    plan = json.loads(program.ok("plan", EXAMPLES / example, "--format", "json").stdout)
    jsonschema.validate(plan, schema)
    assert plan["schema_version"] == 1


@pytest.mark.parametrize("example", NAMES)
def test_planning_writes_nothing_and_needs_no_cache(program: Program, example: str, tmp_path: Path) -> None:
    before = tree_of(EXAMPLES / example)
    (tmp_path / "file").touch()
    no_cache = program.with_environ(OKAMOCHI_CACHE_DIR=str(tmp_path / "file" / "none"))
    assert no_cache.ok("plan", EXAMPLES / example).stderr == ""
    assert tree_of(EXAMPLES / example) == before


def test_every_decision_can_be_explained(program: Program) -> None:
    plan = json.loads(program.ok("plan", EXAMPLES / "flask-minimal", "--format", "json").stdout)
    fields = [decision["field"] for decision in plan["decisions"]]
    assert len(fields) > 5
    for name in fields[:3] + fields[-1:]:
        assert name in program.ok("plan", EXAMPLES / "flask-minimal", "--explain", name).stdout


def test_the_plan_begins_with_the_framework_as_it_is_written(program: Program, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("from fastapi import FastAPI\n\napp = FastAPI()\n")
    (tmp_path / "requirements.txt").write_text("fastapi\n")
    assert ": FastAPI, Python 3" in program.ok("plan", tmp_path).stdout.splitlines()[0]


@pytest.mark.parametrize(
    ("words", "completed"), [("okamochi re", "plain,render"), ("okamochi render kub", "plain,kubernetes")]
)
def test_the_shell_completes_commands_and_targets(program: Program, words: str, completed: str) -> None:
    asked = {"_OKAMOCHI_COMPLETE": "bash_complete", "COMP_WORDS": words}
    shell = program.with_environ(**asked, COMP_CWORD=str(words.count(" ")))
    assert completed in Program(shell.environ, (OKAMOCHI,)).ok().stdout.splitlines()


def test_no_field_at_all_cannot_be_explained(program: Program) -> None:
    answer = program("plan", EXAMPLES / "flask-minimal", "--explain", "")
    assert answer.code == 2
    assert "the plan has no field ''" in answer.stderr


def test_a_mistyped_folder_asks_no_registry(program: Program, tmp_path: Path) -> None:
    answer = program("push", "localhost:1/shop:1", tmp_path / "none")
    assert answer.code == 2
    assert "there is no such folder" in answer.stderr


def test_a_service_without_its_port_is_told_how_it_is_written(program: Program) -> None:
    answer = program("up", EXAMPLES / "flask-minimal", "--expose", "db")
    assert answer.code == 2
    assert "write NAME=PORT: db=15432" in answer.stderr


def test_adoption_looks_only_at_the_folder_that_is_given(program: Program, tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "app.py").write_text("from flask import Flask\napp = Flask(__name__)\n")
    (tmp_path / "empty").mkdir()
    for arguments in (("render", "--adopt", "empty"), ("render",)):
        assert "is taken" not in program(*arguments, cwd=tmp_path).stderr


def seen(name: str, health: str) -> Seen:
    record = UpRecord(
        app=name, engine="docker", container=name, image_reference="x", url="http://127.0.0.1:1/"
    )
    return Seen(record, Running(name=name, app=name, state=ContainerState.RUNNING, health=health))


def test_apps_stand_in_columns(capsys: pytest.CaptureFixture[str]) -> None:
    tell_apps((seen("shop", "healthy"), seen("shop-dev", "")))
    first, second = capsys.readouterr().out.splitlines()
    assert first.index("docker") == second.index("docker")
    assert first.index("http:") == second.index("http:")


def test_a_field_that_does_not_exist_cannot_be_explained(program: Program) -> None:
    answer = program("plan", EXAMPLES / "flask-minimal", "--explain", "no.such.field")
    assert (answer.code, answer.stdout) == (2, "")
    assert "hint:" in answer.stderr


def test_the_cache_tells_where_it_is_and_can_be_emptied(program: Program, tmp_path: Path) -> None:
    own = program.with_environ(OKAMOCHI_CACHE_DIR=str(tmp_path / "cache"))
    told = json.loads(own.ok("cache", "info", "--format", "json").stdout)
    assert told["path"] == str(tmp_path / "cache")
    assert own.ok("cache", "clear").stdout.startswith("freed ")
    for command in ("clear", "prune"):
        assert json.loads(own.ok("cache", command, "--format", "json").stdout) == {"freed_bytes": 0}
    assert own.ok("cache", "prune", "--keep", "1G").stdout.startswith("freed ")
    wrong = own("cache", "prune", "--keep", "lots")
    assert (wrong.code, wrong.stdout) == (2, "")


def test_a_folder_as_the_command_is_told_where_it_belongs(program: Program, tmp_path: Path) -> None:
    for folder in (tmp_path, "."):
        answer = program("exec", folder, "flask", "routes", cwd=tmp_path)
        assert answer.code == 2, "known before the running app is asked for"
        assert f"okamochi exec --project {folder} flask routes" in answer.stderr


def test_what_a_running_build_keeps_from_being_pruned_is_told(program: Program, tmp_path: Path) -> None:
    own = program.with_environ(OKAMOCHI_CACHE_DIR=str(tmp_path / "cache"))
    cache = Cache.open(tmp_path / "cache")
    with cache.temporary():
        cache.put_record("kind", "key", b"x" * 100)
        assert "stay, more than 0 B" in own.ok("cache", "prune", "--keep", "0").stderr


def test_colours_are_for_terminals_only(program: Program) -> None:
    colourful = program.with_environ(FORCE_COLOR="", NO_COLOR="", TERM="xterm-256color")
    assert "\x1b" not in colourful.ok("plan", EXAMPLES / "flask-minimal").stdout
    answer = colourful("plan", EXAMPLES / "nowhere")
    assert answer.code != 0 and "\x1b" not in answer.stderr


def test_a_reader_that_goes_away_is_no_error(program: Program) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    argv = (*program.start, "plan", str(EXAMPLES / "invoice"), "--format", "json")
    done = subprocess.run(argv, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert b"Traceback" not in done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize(("arguments", "code"), [(("plan", "{nothing}"), 3), (("nonsense",), 2)])
@pytest.mark.parametrize("gone", ["a reader", "the last free block"])
def test_people_who_went_away_change_no_exit_code(
    program: Program, arguments: tuple[str, ...], code: int, gone: str, tmp_path: Path
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    if gone != "a reader":
        if not Path("/dev/full").exists():
            pytest.skip("there is no /dev/full")
        os.close(writing)
        writing = os.open("/dev/full", os.O_WRONLY)
    argv = (*program.start, *(one.format(nothing=tmp_path) for one in arguments))
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=writing, check=False)
    os.close(writing)
    assert (done.returncode, done.stdout) == (code, b"")


# They hand over to a program of the app's, follow a log, or end with the app's own exit code.
ANSWERS_ARE_NOT_OURS = {"logs", "exec", "shell", "release"}


@pytest.mark.parametrize(
    "command",
    [
        *(name for name in COMMANDS if name not in {*ANSWERS_ARE_NOT_OURS, "cache"}),
        *("cache info", "cache prune", "cache clear"),
    ],
)
def test_every_command_that_answers_answers_in_json_too(program: Program, command: str) -> None:
    assert "--format" in program.ok(*command.split(), "--help").stdout


def test_down_of_nothing_is_an_empty_answer(program: Program) -> None:
    answer = program.ok("down", EXAMPLES / "flask-minimal", "--format", "json")
    assert json.loads(answer.stdout) == {"removed": []}


def test_ps_of_nothing_is_an_empty_answer(program: Program) -> None:
    """Other projects may run: an answer about one folder does not speak for the machine."""
    answer = program.ok("ps", EXAMPLES / "flask-minimal")
    told = f"nothing of {EXAMPLES / 'flask-minimal'} is running; okamochi ps --all tells of other projects\n"
    assert (answer.stdout, answer.stderr) == ("", told)
    assert program.ok("ps", "--all").stderr == "nothing is running\n"
    assert json.loads(program.ok("ps", "--all", "--format", "json").stdout) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(program: Program, command: str) -> None:
    assert "Usage: okamochi " + command in program.ok(command, "--help").stdout


def test_the_list_of_commands_cuts_no_sentence_off(program: Program) -> None:
    listed = program.ok("--help").stdout.split("An app and its image:")[1].splitlines()
    rows = [line.split() for line in listed if line.startswith("  ") and line.split()[0] in COMMANDS]
    assert tuple(row[0] for row in rows) == COMMANDS
    assert all(row[-1].endswith(".") and not row[-1].endswith("..") for row in rows)


@pytest.mark.parametrize("words", [(), ("up",), ("cache", "info")])
def test_help_is_a_command_too(program: Program, words: tuple[str, ...]) -> None:
    assert program.ok("help", *words).stdout == program.ok(*words, "--help").stdout


@pytest.mark.parametrize("port", ["0", "65536", "abc", "-1", "８０００", "1e3", "9" * 5000])
def test_what_is_no_port_is_told_with_what_is_one(program: Program, port: str) -> None:
    answer = program("up", f"--port={port}")
    assert (answer.code, "is no port; give a number from 1 to 65535" in answer.stderr) == (2, True), (
        answer.stderr
    )


def test_a_no_op_command_imports_little() -> None:
    heavy = ("rich", "urllib3", "pysequoia", "elftools", "zstandard", "uv", "platformdirs", "filelock")
    code = (
        "import sys\nfrom okamochi.cli.main import run\nrun(['--help'])\n"
        f"print(sorted(set({heavy!r}) & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_values_that_lie_in_an_env_file_are_pointed_at(program: Program, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "app.py").write_text(
        "import os\nfrom flask import Flask\n\napp = Flask(__name__)\nos.environ['SHOP_TOKEN']\n"
    )
    own = program.with_environ(OKAMOCHI_STATE_DIR=str(tmp_path / "state"))
    answer = own("up", tmp_path, "--engine", "host")
    assert (answer.code, "pass it with --env-file FILE" in answer.stderr) == (2, True), answer.stderr
    (tmp_path / ".env").write_text("SHOP_TOKEN=x\n")
    here = own("up", "--engine", "host", cwd=tmp_path)
    assert (here.code, "okamochi up --env-file .env" in here.stderr) == (2, True), here.stderr


def test_ps_tells_of_a_worker_that_ends_and_is_started_again() -> None:
    assert shown(ServiceState("worker", "running", 0, "starting", restarts=3)) == (
        "worker  running (starting), restarts: 3"
    )
    assert shown(ServiceState("secrets", "exited", 0)) == "secrets  done"
    assert shown(ServiceState("db", "running", 0, "healthy")) == "db  running (healthy)"
