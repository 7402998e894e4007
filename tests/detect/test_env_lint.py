"""What is wrong with environment files, each with its line; the snippets are those of founding documents."""

import pytest

from okamochi.detect.variables.compose_variables import compose_variables
from okamochi.detect.variables.env_lint import lint_env_file
from okamochi.model.finding import Finding, Severity
from okamochi.model.plan import Plan
from okamochi.system.project_files import MemoryProject
from tests.detect.plans import planned

SAMPLE = """\
DB_NAME=db_name
DB_USER=db_user
DB_HOST=db
POSTGRES_DB=postgres_db

AUTH0_CALLBACK_URL=http://callback_url
AUTH0_CALLBACK_URL=https://invoice.example.com/callback
FLASK_SECRET_KEY=flask_secret_key
GUNICORN_WORKERS=2
"""
COMPOSE = """\
services:
  web:
    environment:
      FLASK_SECRET_KEY: ${FLASK_SECRET_KEY}
      DB_HOST: ${DB_HOST:-db}
      DB_NAME: ${POSTGRES_DB}
    command: gunicorn run:app
  db:
    image: postgres:16
"""
BLANK = """\
services:
  web:
    environment:
      - FLASK_ENV=production
      - SECRET_KEY=${SECRET_KEY}  # From host environment
    env_file:
      - .env.production
"""
SOURCE = """
import os
from flask import Flask
app = Flask(__name__)
app.secret_key = os.environ["FLASK_SECRET_KEY"]
CALLBACK = os.environ["AUTH0_CALLBACK_URL"]
COLOUR = os.environ.get("COLOUR", "red")
CACHE = os.environ["REDIS_URL"]
NAMES = os.environ["DB_NAME"], os.environ["DB_HOST"], os.environ["DB_USER"]
"""


def plan() -> Plan:
    return planned({"app.py": SOURCE, "requirements.txt": "flask\nredis\n"})


def lint(text: str, compose: str = "") -> dict[str, Finding]:
    files = {"docker-compose.yml": compose} if compose else {}
    known = compose_variables(MemoryProject(files))
    found = lint_env_file(plan(), text, where=".env", composed=known.given, referred=known.referred)
    return {f"{one.rule} {one.evidence[0].line}": one for one in found}


def test_the_sample_of_the_second_document() -> None:
    found = lint(SAMPLE, COMPOSE)
    assert set(found) == {"env/repeated 7", "env/overruled 1", "env/placeholder 8"}
    assert found["env/repeated 7"].message == "AUTH0_CALLBACK_URL is set in line 6 already; line 7 counts"
    assert "docker-compose.yml:6 sets it from POSTGRES_DB" in found["env/overruled 1"].message
    assert found["env/placeholder 8"].severity is Severity.ERROR


def test_no_value_is_told() -> None:
    found = lint(SAMPLE + "REDIS_URL=redis://user:hunter2@localhost/0\n")
    assert not any("hunter2" in one.message + one.hint for one in found.values())


def test_a_blank_that_beats_an_env_file() -> None:
    (found,) = compose_variables(MemoryProject({"compose.yaml": BLANK})).findings
    assert (found.rule, found.evidence[0].line) == ("compose/blank", 5)
    assert found.severity is Severity.WARNING and "beats the env_file" in found.message


@pytest.mark.parametrize("entry", ["${SECRET_KEY:?set it}", "${SECRET_KEY:-}", "plain"])
def test_what_is_guarded_or_has_a_default_is_no_blank(entry: str) -> None:
    text = BLANK.replace("${SECRET_KEY}", entry)
    assert compose_variables(MemoryProject({"compose.yaml": text})).findings == ()


def test_a_file_that_okamochi_rendered_is_not_judged() -> None:
    text = f"# Written by okamochi render compose\n{BLANK}"
    assert compose_variables(MemoryProject({"compose.yaml": text})).findings == ()


def test_localhost_inside_a_container_is_explained_with_its_line() -> None:
    found = lint("REDIS_URL=redis://localhost:6379/0\n")["env/loopback 1"]
    assert found.severity is Severity.ERROR
    assert "inside a container is the container itself" in found.message
    assert found.hint == "leave REDIS_URL out: okamochi starts redis and sets it"


def test_the_host_of_what_is_not_started_is_a_warning() -> None:
    found = lint("MONGO_HOST=127.0.0.1:27017\n")["env/loopback 1"]
    assert found.severity is Severity.WARNING


@pytest.mark.parametrize("line", ["SERVER_NAME=localhost:5000", "ALLOWED_HOSTS=localhost", "HOST=127.0.0.1"])
def test_localhost_elsewhere_is_nobodys_mistake(line: str) -> None:
    assert not any(rule.startswith("env/loopback") for rule in lint(f"{line}\n"))


def test_a_blank_that_overrules_the_codes_default() -> None:
    found = lint("COLOUR=\n")["env/blank 1"]
    assert "default (red) no longer counts" in found.message


def test_a_key_that_nothing_reads_is_a_note_unless_others_may_read_it() -> None:
    found = lint("OLD_SWITCH=1\nAWS_REGION=x\nOPENAI_API_KEY=x\nFLASK_ENV=development\n")
    assert set(found) == {"env/unread 1", "env/inert 4"}
    assert {one.severity for one in found.values()} == {Severity.NOTE}


def test_flasks_old_variable_has_an_effect_where_the_code_reads_it() -> None:
    plan = planned({"app.py": f"{SOURCE}KIND = os.environ.get('FLASK_ENV', 'development')\n"})
    assert lint_env_file(plan, "FLASK_ENV=production\n", where=".env") == ()


def test_a_key_in_small_letters_is_the_variable_in_capitals_that_settings_take_it_for() -> None:
    assert set(lint("colour=red\nold_switch=1\n")) == {"env/unread 2"}
