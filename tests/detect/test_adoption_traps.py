"""What the usual Dockerfiles and compose files of tutorials hold, and what becomes of it."""

from okamochi.containerfiles.dockerfile import dockerfile_stages, shipped
from okamochi.detect.adoption.rows import Row, Verdict
from tests.detect.test_adoption import rows_of

PIPENV = """\
FROM python:3.10-slim AS base
RUN apt-get update && pip install --upgrade pip[label](https://example.org/slides)
FROM base as builder
RUN pip install pipenv
EXPOSE 8501
FROM base AS app
HEALTHCHECK CMD curl --fail <http://localhost:8501/_stcore/health>
COPY --from=builder /usr/local/lib/python3.10/site-packages /usr/local/lib/python3.10/site-packages/
COPY . /workspace
ENTRYPOINT streamlit run app.py --server.port=8501 --server.address=0.0.0.0
FROM base AS development
RUN apt-get install -y git
"""
HARDENED = """\
FROM python:3.11-slim
RUN pip install -r requirements.txt
COPY . .
RUN chown -R appuser:appuser /app
RUN setcap -r /usr/sbin/setcap || true
ENV LANG=ja_JP.UTF-8 FLASK_DEBUG=1
HEALTHCHECK CMD python healthcheck.py
CMD ["gunicorn", "--worker-class", "sync", "--timeout", "60", \\
     "--access-logfile", "-", "--preload", "wsgi:app"]
"""
SCRIPT = "import requests\nrequests.get('http://localhost:5000/up', timeout=3)\n"
STACK = """\
services:
  web:
    build: .
    ports: ["5000:5000"]
    environment:
      - TOKEN=${TOKEN}
    volumes: [app-code:/app]
    networks: [front]
    extra_hosts: ["a:10.0.0.1"]
    deploy: {resources: {reservations: {cpus: "0.25"}}}
    command: >
      gunicorn -b 0.0.0.0:5000 app:app -w ${WORKERS:-2} --threads ${THREADS:-2} --max-requests 200
"""


def found(**files: str) -> dict[str, Row]:
    return {row.topic: row for row in rows_of(**files)[0]}


def test_the_stage_that_starts_something_is_what_is_shipped_when_developers_is_the_last() -> None:
    stages = dockerfile_stages(PIPENV)
    assert shipped(stages).name == "app"
    assert shipped(dockerfile_stages("FROM a AS build\nFROM b AS test\nRUN x\n")).name == "test"
    rows, settings = rows_of(Dockerfile=PIPENV)
    assert settings["port"] == 8501
    assert not any(row.theirs == "git" for row in rows)


def test_options_of_the_server_that_the_plan_does_not_take_over_are_named() -> None:
    topics = found(**{"Dockerfile": HARDENED, "healthcheck.py": SCRIPT})
    assert topics["LANG"].plan == "LANG=C.UTF-8"
    assert topics["health"].setting == ("health", "/up")
    assert topics["--worker-class"].plan == "gthread" and topics["--timeout"].theirs == "60"
    assert topics["options"].theirs == "--preload"


def test_migrations_before_the_server_are_a_process_of_their_own() -> None:
    line = 'CMD ["sh", "-c", "flask db upgrade && gunicorn -b 0.0.0.0:5000 app:app"]'
    row = found(Dockerfile=f"FROM python:3.11-slim\n{line}\n")["migrations"]
    assert row.theirs == "flask db upgrade at each start" and row.verdict is Verdict.CHANGE


def test_no_key_of_a_service_is_lost_in_silence() -> None:
    rows, settings = rows_of(**{"compose.yaml": STACK})
    topics = {(row.topic, row.verdict): row for row in rows}
    assert topics["web: ports", Verdict.CHANGE].theirs == "publishes 5000:5000 to everybody"
    assert topics["web: variables", Verdict.SAME].theirs == "TOKEN from outside"
    assert topics["volume", Verdict.CHANGE].plan == "code comes from the image"
    assert topics["web: other keys", Verdict.SAME].theirs == "networks, reservations"
    assert topics["web: other keys", Verdict.CHANGE].theirs == "extra_hosts"
    assert topics["--max-requests", Verdict.CHANGE].theirs == "200"
    assert ("workers", Verdict.CHANGE) in topics
    assert settings["env"] == {"GUNICORN_THREADS": "2"} and settings["port"] == 5000


def test_the_port_that_people_know_counts_more_than_the_containers() -> None:
    stack = 'services:\n  web:\n    build: .\n    ports: ["127.0.0.1:{}:5000"]\n'
    dockerfile = "FROM python:3.11-slim\nEXPOSE 5000\n"
    same, settings = rows_of(**{"Dockerfile": dockerfile, "compose.yaml": stack.format(8000)})
    assert "port" not in settings
    assert any(row.topic == "published port" and row.verdict is Verdict.SAME for row in same)
    assert rows_of(**{"Dockerfile": dockerfile, "compose.yaml": stack.format(8080)})[1]["port"] == 8080
    assert rows_of(**{"Dockerfile": dockerfile, "compose.yaml": stack.format(80)})[1]["port"] == 5000


def test_first_data_old_data_and_other_compose_files_are_told() -> None:
    stack = (
        "services:\n  web:\n    build: .\n  db:\n    image: postgres:16\n    volumes:\n"
        "      - pg:/var/lib/postgresql/data\n      - ./init.sql:/docker-entrypoint-initdb.d/init.sql:ro\n"
        "      - ./gone.sql:/docker-entrypoint-initdb.d/gone.sql\n"
    )
    rows, _ = rows_of(
        **{
            "app.py": "import os, psycopg2\nfrom flask import Flask\napp = Flask(__name__)\n"
            "psycopg2.connect(os.environ['DATABASE_URL'])\n",
            "requirements.txt": "flask\npsycopg2-binary\n",
            "docker-compose.yml": stack,
            "init.sql": "select 1;\n",
            "docker-compose.dev.yml": "services: {web: {command: flask run}}\n",
            "docker-compose.override.yml": "services: {web: {environment: [A=1]}}\n",
        }
    )
    told = {(row.topic, row.theirs): row for row in rows}
    assert told["db: first data", "./init.sql"].verdict is Verdict.SAME
    assert told["db: first data", "./gone.sql"].plan == "left out"
    assert told["db: data", "pg:/var/lib/postgresql/data"].plan.startswith("db-data")
    files = {row.place: row for row in rows if row.topic == "file"}
    assert files["docker-compose.dev.yml"].plan == "compose.dev.yaml"
    assert "remove it" in files["docker-compose.override.yml"].why


def test_a_development_container_of_ones_own_is_looked_at() -> None:
    text = (
        '{"customizations": {"vscode": {"extensions": ["a.b"]}}, "postCreateCommand": "pipenv install --dev"}'
    )
    rows, _ = rows_of(**{"Dockerfile": "FROM python:3.11-slim\n", ".devcontainer/devcontainer.json": text})
    told = {row.topic: row for row in rows if row.place.startswith(".devcontainer")}
    assert set(told) == {"extensions"}


def test_an_instruction_without_its_word_says_nothing() -> None:
    rows, _ = rows_of(Dockerfile="FROM python:3.13-slim\nEXPOSE\nUSER 1000\nCMD gunicorn app:app\n")
    assert rows and not [row for row in rows if "EXPOSE" in row.theirs]
