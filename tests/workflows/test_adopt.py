"""`okamochi render --adopt` shows what rules find in the files that it takes over, and what okamochi does."""

import json
from pathlib import Path

from tests.cli.program import Program
from tests.detect.plans import FLASK_APP
from tests.workflows.test_render import project

DOCKERFILE = """\
FROM python:3.13-slim
COPY . .
RUN pip install -r requirements.txt
EXPOSE 5000
CMD flask run
"""


def test_findings_of_the_adopted_files_stand_beside_what_okamochi_does(tmp_path: Path) -> None:
    program, folder = Program(), project(tmp_path)
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "other.Dockerfile").write_text("FROM python:3.6\nCMD flask run\n")
    answer = json.loads(program.ok("render", "--adopt", folder, "--check", "--format", "json").stdout)
    by_rule = {one["rule"]: one for one in answer["findings"]}
    assert by_rule["user/root"]["instead"] == "`USER 10001:10001`, files of root, no capability"
    assert by_rule["process/development-server"]["place"] == "Dockerfile:5"
    assert {one["place"].partition(":")[0] for one in answer["findings"]} <= {"Dockerfile", ".dockerignore"}
    assert any(row["topic"] == "port" for row in answer["rows"])
    text = program.ok("render", "--adopt", folder, "--check").stdout
    assert "-> `USER 10001:10001`" in text and "port = 5000" in text


def test_a_waiver_counts_here_as_well(tmp_path: Path) -> None:
    program, folder = Program(), project(tmp_path)
    (folder / "Dockerfile").write_text(f"# okamochi: waive user/root: it is a toy\n{DOCKERFILE}")
    told = program.ok("render", "--adopt", folder, "--check").stdout
    assert "user/root" not in told and "process/development-server" in told


def test_the_files_for_production_are_adopted(tmp_path: Path) -> None:
    program, folder = Program(), project(tmp_path)
    (folder / "Dockerfile").write_text("FROM python:3.13-slim\nEXPOSE 5000\n")
    (folder / "Dockerfile.prod").write_text("FROM python:3.13-slim\nEXPOSE 7000\nCMD flask run\n")
    (folder / "compose.yaml").write_text("services: {web: {build: .}}\n")
    (folder / "compose.prod.yaml").write_text(
        "services: {web: {build: {context: ., dockerfile: Dockerfile.prod}}}\n"
    )
    answer = json.loads(program.ok("render", "--adopt", folder, "--check", "--format", "json").stdout)
    assert "port = 7000" in answer["settings"]
    assert {one["place"].partition(":")[0] for one in answer["findings"]} <= {
        "Dockerfile.prod",
        "compose.prod.yaml",
    }


def test_a_compose_file_above_the_app_is_adopted_and_judged(tmp_path: Path) -> None:
    program, folder = Program(), project(tmp_path / "backend")
    (folder / "Dockerfile").write_text("FROM python:3.13-slim\nEXPOSE 5000\nCMD gunicorn app:app\n")
    (tmp_path / "front").mkdir()
    (tmp_path / ".git").mkdir()  # one checkout holds both
    (tmp_path / "front" / "Dockerfile").write_text("FROM nginx:1.29\n")
    (tmp_path / "docker-compose.yml").write_text(
        "services:\n  front:\n    build: ./front\n    ports: ['80:80']\n"
        "  api:\n    build: ./backend\n    ports: ['7000:5000']\n"
        "  db:\n    image: redis\n    ports: ['6379:6379']\n"
    )
    answer = json.loads(program.ok("render", "--adopt", folder, "--check", "--format", "json").stdout)
    places = {row["topic"]: row["place"] for row in answer["rows"]}
    assert places["service front"] == "../docker-compose.yml:2"
    assert places["published port"] == "../docker-compose.yml:7"
    assert places["command"] == "Dockerfile:3"
    found = {one["rule"]: one["place"] for one in answer["findings"]}
    assert found["compose/published-everywhere"] == "../docker-compose.yml:10"
    assert found["process/shell-is-process-1"] == "Dockerfile:3"


def test_what_the_adopted_files_alone_say_becomes_settings(tmp_path: Path) -> None:
    """Python, and what else the plan has from files that the rendered ones will replace."""
    program, folder = Program(), project(tmp_path)
    (folder / "okamochi.toml").unlink()
    (folder / "Dockerfile").write_text(DOCKERFILE.replace("3.13", "3.11"))
    (folder / ".dockerignore").write_text("**/__pycache__\nnotes\n")
    (folder / "docker-compose.yml").write_text(
        "services: {web: {build: .}, redis: {image: 'redis:7-alpine'}}\n"
    )
    (folder / "app.py").write_text(f"{FLASK_APP}import redis\nstore = redis.Redis(host='redis')\n")
    (folder / "requirements.txt").write_text("flask\nredis\n")
    done = program.ok("render", "--adopt", folder)
    assert 'python = "3.11"' in done.stdout and 'exclude = ["/notes"]' in done.stdout
    assert "EXPOSE 5000  ->  port 5000 (now: port 8000)" in done.stdout
    assert "okamochi render all --force writes the plan's own in their place" in done.stderr
    before = program.ok("plan", folder).stdout
    for name in ("Dockerfile", ".dockerignore", "docker-compose.yml"):
        (folder / name).unlink()
    after = program.ok("plan", folder).stdout
    for words in ("Flask, Python 3.11", "redis is redis:7-alpine", "port 5000"):
        assert words in before and words in after
