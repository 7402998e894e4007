"""Secrets of the project's compose file that its code reads as files."""

import pytest

from okamochi.detect.variables.stated_secrets import composed_secrets
from okamochi.model.plan import Plan
from okamochi.model.process import EnvironmentVariable, VariableKind
from okamochi.system.project_files import MemoryProject
from tests.detect.plans import decision, planned

COMPOSE = """services:
  web:
    build: .
    secrets:
      - db_password
      - source: signing
        target: secret_key
        mode: 0440
      - {source: mailer, target: /run/secrets/smtp-login}
      - {source: other, target: /etc/other.conf}
    environment:
      - SIGNING_FILE=/run/secrets/secret_key
  db:
    image: postgres:16
    secrets: [db_password]
    environment:
      POSTGRES_PASSWORD_FILE: /run/secrets/db_password
  elsewhere:
    image: some/tool
    secrets: [foreign]
secrets:
  db_password:
    file: ./db_password.txt
  signing:
    environment: SIGNING_KEY
  mailer:
    external: true
  foreign:
    file: ./foreign.txt
"""
APP = """import os
from flask import Flask
app = Flask(__name__)
"""
OPENS = APP + 'KEY = open("/run/secrets/secret_key").read()\n'
BY_NAME = (
    APP
    + """
def secret(name):
    with open(f"/run/secrets/{name}") as file:
        return file.read()

LOGIN = secret("smtp-login")
"""
)
BY_VARIABLE = APP + 'KEY = open(os.environ["SIGNING_FILE"]).read()\n'
WITH_DATABASE = (
    "import psycopg\n"
    + APP
    + 'PASSWORD = open("/run/secrets/db_password").read()\n'
    + 'psycopg.connect(f"postgresql://shop:{PASSWORD}@db:5432/shop")\n'
)


def plan_of(code: str, compose: str = COMPOSE) -> Plan:
    requirements = "flask\npsycopg\n" if "psycopg" in code else "flask\n"
    return planned({"app.py": code, "requirements.txt": requirements, "compose.yaml": compose})


def files_of(plan: Plan) -> list[EnvironmentVariable]:
    return [one for one in plan.environment if one.as_file]


def test_both_syntaxes_are_read_with_where_the_text_comes_from() -> None:
    found = composed_secrets(MemoryProject({"compose.yaml": COMPOSE}))
    assert [(one.name, one.filename, one.source, one.file, one.variable) for one in found] == [
        ("db_password", "db_password", "db_password", "./db_password.txt", ""),
        ("secret_key", "secret_key", "signing", "", "SIGNING_KEY"),
        ("smtp_login", "smtp-login", "mailer", "", ""),
    ]
    assert found[1].named_by == ("SIGNING_FILE",)


def test_a_file_that_the_code_opens_is_a_secret_of_the_plan() -> None:
    plan = plan_of(OPENS)
    (found,) = files_of(plan)
    assert (found.name, found.kind, found.required) == ("secret_key", VariableKind.GENERATED, True)
    told = decision(plan, "environment.secret_key")
    assert "/run/secrets/secret_key" in told.summary
    assert str(told.evidence[0]).startswith("compose.yaml:")


def test_one_whose_name_the_code_puts_into_the_path_counts_by_its_name() -> None:
    (found,) = files_of(plan_of(BY_NAME))
    assert (found.name, found.kind) == ("smtp_login", VariableKind.SECRET)


def test_one_whose_path_a_variable_holds_counts_where_the_code_reads_the_variable() -> None:
    plan = plan_of(BY_VARIABLE)
    assert [one.name for one in files_of(plan)] == ["secret_key"]
    assert dict(plan.image_environment)["SIGNING_FILE"] == "/run/secrets/secret_key"


def test_the_password_of_a_service_is_that_services_password() -> None:
    plan = plan_of(WITH_DATABASE)
    (service,) = plan.services
    assert [(one.name, one.template) for one in service.variables] == [("db_password", "{password}")]
    assert [one.name for one in files_of(plan)] == ["db_password"]
    assert "the password of db" in decision(plan, "environment.db_password").summary


def test_a_database_that_the_project_makes_over_has_its_password_from_the_file_too() -> None:
    compose = COMPOSE.replace("image: postgres:16", "build: ./database")
    files = {"database/Dockerfile": "FROM postgres:16\n", "compose.yaml": compose}
    plan = planned({"app.py": WITH_DATABASE, "requirements.txt": "flask\npsycopg\n", **files})
    assert "the password of db" in decision(plan, "environment.db_password").summary


@pytest.mark.parametrize(
    "code",
    [APP, APP + 'secret_key = os.getenv("DB_PASSWORD_X")\n', APP + 'open("/run/secrets/another").read()\n'],
)
def test_a_secret_that_the_code_does_not_read_as_a_file_is_none_of_the_plans(code: str) -> None:
    assert files_of(plan_of(code)) == []


def test_a_secret_of_a_service_that_is_not_built_here_is_none_of_the_plans() -> None:
    assert files_of(plan_of(APP + 'open("/run/secrets/foreign").read()\n')) == []
