"""`okamochi check` as people run it."""

import json
from pathlib import Path

import pytest

from tests.cli.program import Program

APP = "from flask import Flask\n\napp = Flask(__name__)\n"
DOCKERFILE = "FROM python:3.13-slim\nCOPY . .\nCMD gunicorn app:app\n"
COMPOSE = 'services:\n  db:\n    image: postgres:17\n    ports:\n      - "5432:5432"\n'


@pytest.fixture
def program() -> Program:
    return Program({"CI": "1"})


def made(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def rules_of(answer: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in json.loads(answer)["findings"]:
        found.setdefault(one["rule"], []).append(one["found"]["path"])
    return found


def test_files_above_the_apps_folder_are_looked_at_as_well(tmp_path: Path, program: Program) -> None:
    root = made(
        tmp_path,
        {
            "web/app.py": APP,
            "web/requirements.txt": "flask\n",
            "web/Dockerfile": DOCKERFILE,
            "compose.yaml": COMPOSE,
        },
    )
    answer = program("check", root, "--format", "json")
    assert answer.code == 1
    found = rules_of(answer.stdout)
    assert found["process/shell-is-process-1"] == ["web/Dockerfile"]
    assert found["compose/published-everywhere"] == ["compose.yaml"]


def test_fix_mends_files_and_says_which_and_leaves_the_rest(tmp_path: Path, program: Program) -> None:
    root = made(tmp_path, {"app.py": APP, "Dockerfile": DOCKERFILE, "compose.yaml": COMPOSE})
    windows = "FROM python:3.13-slim\r\nCMD gunicorn app:app\r\n"
    (root / "windows.Dockerfile").write_bytes(windows.encode())
    answer = program("check", root, "--fix")
    assert "mended Dockerfile" in answer.stderr
    assert (root / "Dockerfile").read_text() == DOCKERFILE.replace(
        "CMD gunicorn app:app", 'CMD ["gunicorn", "app:app"]'
    )
    assert "127.0.0.1:5432:5432" in (root / "compose.yaml").read_text()
    assert (root / "windows.Dockerfile").read_bytes() == windows.encode()
    assert "compose/published-everywhere" not in answer.stdout


def test_the_exit_code_and_the_last_line_tell_what_was_found(tmp_path: Path, program: Program) -> None:
    root = made(tmp_path, {"app.py": APP})
    answer = program("check", root)
    assert (answer.code, answer.last_line.partition(":")[0]) == (0, "nothing to check")
    made(root, {"compose.yaml": COMPOSE})
    assert program("check", root).code == 1
    assert program("check", root, "--fail-on", "never").code == 0


def test_notes_are_counted_and_shown_when_they_are_asked_for(tmp_path: Path, program: Program) -> None:
    text = COMPOSE.replace("5432:5432", "127.0.0.1:5432:5432")
    root = made(
        tmp_path, {"compose.yaml": f"version: '3'\n{text}    volumes: [db:/var/lib/postgresql/data]\n"}
    )
    answer = program("check", root)
    assert (answer.code, "compose/version-key" in answer.stdout) == (0, False)
    assert answer.last_line.startswith("1 note") or " note" in answer.last_line
    assert "compose/version-key" in program("check", root, "--notes").stdout
    assert program("check", root, "--fail-on", "note").code == 1


def test_a_file_that_cannot_be_parsed_is_told_and_the_others_are_checked(
    tmp_path: Path, program: Program
) -> None:
    root = made(tmp_path, {"compose.yaml": "services: [", "docker-compose.prod.yml": COMPOSE})
    answer = program("check", root)
    assert "compose.yaml" in answer.stderr
    assert "compose/published-everywhere" in answer.stdout


def test_sarif_names_rules_and_places(tmp_path: Path, program: Program) -> None:
    root = made(tmp_path, {"compose.yaml": COMPOSE})
    run = json.loads(program("check", root, "--format", "sarif").stdout)["runs"][0]
    ids = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert {result["ruleId"] for result in run["results"]} <= ids
    places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    assert {place["artifactLocation"]["uri"] for place in places} == {"compose.yaml"}


def test_a_waiver_with_a_reason_takes_a_finding_away_until_its_day(tmp_path: Path, program: Program) -> None:
    waived = COMPOSE.replace(
        '"5432:5432"', '"5432:5432"  # okamochi: waive compose/published-everywhere until {}: a lab'
    )
    root = made(tmp_path, {"compose.yaml": waived.format("2199-01-01")})
    assert "published-everywhere" not in program("check", root).stdout
    made(root, {"compose.yaml": waived.format("2020-01-01")})
    answer = program("check", root)
    assert "published-everywhere" in answer.stdout
    assert "was over on 2020-01-01" in answer.stderr


def test_a_rule_explains_itself_and_a_wrong_name_is_corrected(program: Program) -> None:
    assert "SIGTERM" in program.ok("check", "--explain", "process/shell-is-process-1").stdout
    answer = program("check", "--explain", "process/shell-is-proces-1")
    assert answer.code == 2
    assert "did you mean process/shell-is-process-1" in answer.stderr


def test_how_each_file_was_judged_is_said(tmp_path: Path, program: Program) -> None:
    web = "services:\n  web:\n    build: .\n    command: flask run\n    volumes:\n      - .:/app\n"
    root = made(tmp_path, {"app.py": APP, "Dockerfile": DOCKERFILE, "compose.yaml": web})
    told = program("check", root).stderr
    assert "judged as production's: Dockerfile" in told
    assert (
        "judged as the desk's: compose.yaml (line 6 mounts the source, and line 4 starts flask run)" in told
    )
    answer = json.loads(program("check", root, "--format", "json").stdout)
    assert [one["desk"] for one in answer["judged"]] == [False, True]


def test_a_file_with_a_finding_counts_among_those_that_were_looked_at(
    tmp_path: Path, program: Program
) -> None:
    installs = DOCKERFILE.replace("CMD", "RUN pip install --no-cache-dir -r requirements.txt\nCMD")
    root = made(tmp_path, {"app.py": APP, "requirements.txt": "flask\n", "Dockerfile": installs})
    answer = json.loads(program("check", root, "--format", "json").stdout)
    assert {one["found"]["path"] for one in answer["findings"]} == {"Dockerfile", "requirements.txt"}
    assert answer["files"] == 2


def test_every_rule_that_finds_something_has_a_page(tmp_path: Path, program: Program) -> None:
    env = "SECRET_KEY=changeme\nDB_HOST=localhost\nOLD=1\nOLD=2\n"
    root = made(
        tmp_path, {"app.py": APP, "requirements.txt": "flask\n", ".env": env, "Dockerfile": DOCKERFILE}
    )
    for name in rules_of(program("check", root, "--format", "json").stdout):
        assert program.ok("check", "--explain", name).stdout.startswith(name)
