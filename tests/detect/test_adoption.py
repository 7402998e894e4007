"""What is taken over from a Dockerfile and a compose file, what is not, and that no secret is shown."""

import re

from okamochi.containerfiles.dockerfile import dockerfile_stages
from okamochi.detect.adoption.rows import Row, Verdict
from okamochi.detect.adoption.side_by_side import adopted_settings, adoption_of
from okamochi.system.project_files import MemoryProject
from tests.detect.plans import FLASK_APP, planned

DOCKERFILE = """\
FROM python:3.11-slim AS base
RUN apt-get update && apt-get install -y --no-install-recommends \\
    libmagic1 build-essential curl \\
    && rm -rf /var/lib/apt/lists/*
# a comment
WORKDIR /srv
COPY . .
RUN pip install -r requirements.txt
ENV FLASK_ENV=production INVOICE_TITLE="Blue shop" SECRET_KEY=hunter2hunter2
FROM base AS production
EXPOSE 5000
HEALTHCHECK CMD curl -f http://localhost:5000/status || exit 1
CMD gunicorn -w 4 -b 0.0.0.0:5000 app:app
FROM base AS development
CMD ["flask", "run", "--debug"]
"""
COMPOSE = """\
version: "3"
services:
  web:
    build: .
    container_name: shop
    ports: ["80:5000"]
    volumes: [".:/srv"]
    depends_on: [db]
    environment:
      - DB_HOST=localhost
      - PAGE_SIZE=20
      - API_TOKEN=hunter2hunter2
    mem_limit: 256m
  db:
    image: postgres
    ports: ["5432:5432"]
    environment:
      POSTGRES_PASSWORD: hunter2hunter2
"""


def rows_of(**files: str) -> tuple[tuple[Row, ...], dict[str, object]]:
    content = {"app.py": FLASK_APP, "requirements.txt": "flask\ngunicorn\n", **files}
    plan = planned(content)
    rows = adoption_of(MemoryProject(content), plan).rows
    return rows, {key: value for key, (value, _) in adopted_settings(rows, plan).items()}


def test_what_is_sound_becomes_a_setting_with_its_place() -> None:
    rows, settings = rows_of(**{"Dockerfile": DOCKERFILE, "docker-compose.yml": COMPOSE})
    assert settings["port"] == 5000 and settings["health"] == "/status" and settings["memory"] == "256M"
    assert "packages" not in settings  # no lock has judged them yet
    assert settings["env"] == {"INVOICE_TITLE": "Blue shop", "PAGE_SIZE": "20"}
    places = {row.place for row in rows if row.verdict is Verdict.ADOPT}
    assert {"Dockerfile:11", "docker-compose.yml:11"} <= places


def test_what_the_plan_does_otherwise_has_a_reason_and_a_line() -> None:
    rows, _ = rows_of(**{"Dockerfile": DOCKERFILE, "docker-compose.yml": COMPOSE})
    changes = {row.topic: row for row in rows if row.verdict is Verdict.CHANGE}
    assert all(row.why for row in changes.values())
    expected = {
        *("SECRET_KEY", "workers", "web: ports", "mount", "DB_HOST", "API_TOKEN", "service db"),
    }
    assert expected <= changes.keys()
    assert changes["workers"].place == "Dockerfile:13" and changes["workers"].theirs == "4"
    assert changes["mount"].plan == "in compose.dev.yaml"


def test_what_is_wrong_is_said_by_rules_alone() -> None:
    rows, _ = rows_of(**{"Dockerfile": DOCKERFILE, "docker-compose.yml": COMPOSE})
    told = " ".join(f"{row.topic} {row.theirs}" for row in rows)
    assert not re.search(r"version:|container_name|depends_on|FLASK_ENV|pip install|last stage", told)


def test_no_secret_is_taken_over_or_shown() -> None:
    rows, settings = rows_of(**{"Dockerfile": DOCKERFILE, "docker-compose.yml": COMPOSE})
    assert "hunter2" not in repr(rows) + repr(settings)
    topics = {row.topic for row in rows}
    assert {"SECRET_KEY", "API_TOKEN"} <= topics


def test_a_good_dockerfile_has_little_to_change() -> None:
    good = """\
FROM python:3.13-slim
COPY requirements.lock .
RUN pip install --require-hashes -r requirements.lock
COPY . .
USER 10001
EXPOSE 8000
HEALTHCHECK CMD ["python", "check.py"]
CMD ["gunicorn", "-b", "0.0.0.0:8000", "app:app"]
"""
    rows, settings = rows_of(**{"Dockerfile": good, ".dockerignore": "**/.env*\n.git\n"})
    assert settings == {}
    assert {row.verdict for row in rows} == {Verdict.SAME}


def test_a_rendered_dockerfile_is_nothing_to_adopt() -> None:
    assert rows_of(Dockerfile="# Written by okamochi render dockerfile\nFROM python:3.13-slim\n")[0] == ()


def test_stages_that_build_on_others_begin_with_their_instructions() -> None:
    stages = dockerfile_stages(DOCKERFILE)
    assert [stage.name for stage in stages] == ["base", "production", "development"]
    assert stages[1].base == "python:3.11-slim" and stages[1].last("WORKDIR") is not None
    assert dockerfile_stages("RUN <<EOF\nFROM nothing\nEOF\n") == ()


MULTI = """\
FROM node:24-slim AS assets
RUN yarn build
FROM tiangolo/uvicorn-gunicorn:python3.11 AS app
COPY --from=assets /app/public /app/public
STOPSIGNAL SIGINT
ENTRYPOINT ["/app/docker-entrypoint.sh"]
CMD ["python3", "app.py"]
"""
STACK = """\
services:
  web:
    build: {context: ., target: app}
    command: flask run --host 0.0.0.0
    stop_signal: SIGTERM
    ports: ["${OUT:-127.0.0.1:8000}:${IN:-9000}"]
    healthcheck: {test: "curl localhost:9000/up"}
    environment: {USER: python, TITLE: Shop}
  nightly:
    build: .
    command: python nightly.py --token hunter2hunter2
  js:
    build: {context: ., target: assets}
    command: yarn build:js
"""


def topics(rows: tuple[Row, ...]) -> dict[str, Row]:
    return {row.topic: row for row in rows}


def test_what_starts_is_compared_whichever_instruction_says_it() -> None:
    found = topics(rows_of(**{"Dockerfile": MULTI, "compose.yaml": STACK})[0])
    assert "okamochi dev" in found["web: command"].why
    assert found["entry point"].theirs == "runs /app/docker-entrypoint.sh first"
    assert found["stop signal"].verdict is Verdict.CHANGE
    assert found["web: stop signal"].verdict is Verdict.SAME
    split = rows_of(Dockerfile='FROM python:3.11-slim\nENTRYPOINT ["python3"]\nCMD ["app.py"]\n')[0]
    assert topics(split)["command"].theirs == "python3 app.py"


def test_a_service_that_the_plan_does_not_start_is_named_and_one_of_assets_is_none_of_it() -> None:
    rows, settings = rows_of(**{"Dockerfile": MULTI, "compose.yaml": STACK})
    found = topics(rows)
    assert found["nightly: command"].plan == "not started" and "Procfile" in found["nightly: command"].why
    assert "hunter2" not in str(rows)
    assert not any(topic.startswith("js") for topic in found)
    assert found["assets"].theirs == "copies what the stage assets makes (node:24-slim)"
    assert found["base"].theirs == "FROM tiangolo/uvicorn-gunicorn:python3.11"
    assert settings["port"] == 9000 and settings["health"] == "/up"
    assert settings["env"] == {"TITLE": "Shop"}


def test_a_health_check_of_the_compose_file_is_one() -> None:
    with_check = rows_of(**{"Dockerfile": "FROM python:3.11-slim\n", "compose.yaml": STACK})[0]
    assert topics(with_check)["health"].setting == ("health", "/up")


def test_no_service_is_lost_in_silence_and_lines_are_those_of_their_beginnings() -> None:
    stack = (
        "services:\n  web:\n    build: {context: ., target: development}\n    env_file: [.env]\n"
        "    environment: {DATABASE_URL: postgresql://x@search:9200}\n"
        "    healthcheck: {test: [CMD, python, healthcheck.py]}\n"
        "  search:\n    image: opensearch:2\n  front:\n    image: nginx:1.27\n"
    )
    found = topics(rows_of(**{"Dockerfile": DOCKERFILE, "compose.yaml": stack})[0])
    assert found["service search"].place == "compose.yaml:7" and "services" in found["service search"].why
    assert "--domain" in found["service front"].why


def test_steps_folders_labels_and_users_of_a_dockerfile_are_not_lost_in_silence() -> None:
    text = """\
FROM python:3.13 AS models
RUN pip install torch && python fetch_model.py --token hunter2hunter2
FROM python:3.13-slim
RUN apt-get update && apt-get install -y curl && mkdir -p /data && python -m pip install flask
COPY --from=models /models /models
RUN python manage.py collectstatic --noinput && python -m spacy download en
LABEL maintainer="someone" team=shop
VOLUME /data
USER 1000
CMD ["gunicorn", "app:app"]
"""
    rows = rows_of(Dockerfile=text)[0]
    steps = {row.theirs: row for row in rows if row.topic == "step"}
    assert list(steps) == [
        "python manage.py collectstatic --noinput",
        "spacy download en",
        "python fetch_model.py --token …",
    ]
    assert steps["python manage.py collectstatic --noinput"].verdict is Verdict.SAME
    assert steps["spacy download en"].plan == "not run"
    found = topics(rows)
    assert found["labels"].theirs == "maintainer, team" and found["volume"].theirs == "VOLUME /data"
    assert "chown" in found["user"].why and found["command"].verdict is Verdict.SAME


SEVERAL = """\
services:
  front:
    build: ./front
    ports: ["8080:80"]
  api:
    build: .
    command: ./scripts/serve.sh --prod
    ports: ["9000:9000"]
    env_file: [.env, {path: .env.local, required: false}]
    environment: {DB_HOST: database, DB_NAME: shop, CACHE_DIR: /srv/cache, PAGE_SIZE: 20}
    volumes: [./scripts:/srv/scripts]
  flower:
    build: .
    command: ./scripts/flower.sh
    ports: ["5555:5555"]
  worker:
    build: .
    command: celery -A tasks.app worker -l info --pool threads
  database:
    image: postgres:16
    command: postgres -c max_connections=300
    ports: ["15432:5432"]
    shm_size: 1g
    environment: {POSTGRES_PASSWORD: hunter2hunter2, POSTGRES_INITDB_ARGS: --data-checksums}
"""
SEVERAL_FILES = {
    "app.py": "import os, psycopg2\nfrom flask import Flask\napp = Flask(__name__)\n"
    "psycopg2.connect(os.environ['DATABASE_URL'])\n",
    "tasks.py": "from celery import Celery\napp = Celery('tasks')\n",
    "requirements.txt": "flask\ngunicorn\ncelery\npsycopg2-binary\n",
    "front/Dockerfile": "FROM nginx:1.29\n",
    "scripts/serve.sh": "gunicorn -b 0.0.0.0:9000 app:app\n",
    "scripts/flower.sh": "celery flower\n",
    "Dockerfile": "FROM python:3.13-slim\nWORKDIR /srv\nCOPY . .\n",
    "compose.yaml": SEVERAL,
}


def test_of_several_services_the_one_that_answers_requests_gives_the_port() -> None:
    rows, settings = rows_of(**SEVERAL_FILES)
    found = topics(rows)
    assert settings["port"] == 9000
    assert found["service front"].theirs == "built from front/Dockerfile"
    assert found["flower: command"].plan == "not started" and found["flower: command"].place.endswith(":14")
    assert found["api: command"].place == "compose.yaml:7"
    assert found["mount"].place == "compose.yaml:11"


def test_what_a_service_of_the_plan_had_besides_is_named() -> None:
    rows, settings = rows_of(**SEVERAL_FILES)
    found = topics(rows)
    assert found["database: command"].theirs == "postgres -c max_connections=300"
    assert found["database: ports"].place == "compose.yaml:22"
    assert found["database: variables"].theirs == "POSTGRES_INITDB_ARGS"
    assert found["database: other keys"].theirs == "shm_size"
    lost = [row.theirs for row in rows if row.topic == "process worker"]
    assert lost == ["celery -A tasks.app worker -l info --pool threads", "--pool threads"]
    assert settings["env"] == {"PAGE_SIZE": "20"}


def test_connections_and_paths_of_the_other_image_are_no_settings() -> None:
    rows, _ = rows_of(**SEVERAL_FILES)
    found = topics(rows)
    assert found["DB_HOST"].plan == found["DB_NAME"].plan == "given with the service"
    assert found["CACHE_DIR"].plan == "not set" and "other image" in found["CACHE_DIR"].why
    assert [row.theirs for row in rows if row.topic == "api: env_file"] == [".env", ".env.local"]


def test_tools_of_the_build_and_stages_of_python_are_no_loss() -> None:
    text = """\
FROM ghcr.io/astral-sh/uv:python3.13-bookworm-slim AS builder
RUN uv sync --locked
FROM python:3.13-slim
RUN curl -sSL https://install.python-poetry.org | python3 -
COPY --from=builder /app /app
CMD ["gunicorn", "app:app"]
"""
    found = topics(rows_of(Dockerfile=text)[0])
    assert "assets" not in found and "step" not in found and "base" not in found


def test_files_that_are_for_production_come_first() -> None:
    content = {
        "app.py": FLASK_APP,
        "requirements.txt": "flask\ngunicorn\n",
        "Dockerfile": "FROM python:3.13-slim\nEXPOSE 5000\n",
        "docker/prod.Dockerfile": "FROM python:3.13-slim\nEXPOSE 7000\n",
        "compose.yaml": "services: {web: {build: .}}\n",
        "compose.prod.yaml": "services: {web: {build: {context: ., dockerfile: docker/prod.Dockerfile}}}\n",
    }
    plan = planned(content)
    found = adoption_of(
        MemoryProject(content), plan, dockerfiles=("docker/prod.Dockerfile",), composes=("compose.prod.yaml",)
    )
    assert found.paths == ("docker/prod.Dockerfile", "compose.prod.yaml")
    assert adopted_settings(found.rows, plan)["port"] == (7000, ("docker/prod.Dockerfile:2",))


def test_a_service_that_migrates_and_serves_is_the_one_that_answers() -> None:
    stack = (
        "services:\n  api:\n    build: .\n    ports: ['8001:8001']\n"
        '    command: bash -c "flask db upgrade && uwsgi --http :8001 --module app:app"\n'
    )
    rows, settings = rows_of(**{"Dockerfile": "FROM python:3.13-slim\n", "compose.yaml": stack})
    assert settings["port"] == 8001
    assert topics(rows)["api: command"].verdict is Verdict.SAME
    assert not any("None" in row.theirs for row in rows)


def test_an_image_with_the_projects_name_is_its_own_where_nothing_is_built() -> None:
    content = {
        "app.py": FLASK_APP,
        "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\ndependencies = ["flask"]\n',
        "compose.yaml": "services:\n  web:\n    image: ghcr.io/me/shop:1\n    ports: ['7000:7000']\n",
    }
    plan = planned(content)
    rows = adoption_of(MemoryProject(content), plan).rows
    assert adopted_settings(rows, plan)["port"][0] == 7000


def test_a_health_path_that_the_code_has_elsewhere_is_not_taken_over() -> None:
    app = FLASK_APP + "\n\n@app.route('/api/v1/health')\ndef health():\n    return 'ok'\n"
    check = "HEALTHCHECK CMD curl http://localhost:8000/{}\n"
    for path, verdict in (("health", Verdict.CHANGE), ("ready", Verdict.ADOPT)):
        text = "FROM python:3.13-slim\n" + check.format(path)
        rows = rows_of(**{"Dockerfile": text, "app.py": app})[0]
        assert topics(rows)["health"].verdict is verdict, path


def test_a_worker_with_an_image_of_its_own_is_the_same_app() -> None:
    stack = (
        "services:\n  web:\n    build: .\n    ports: ['9000:9000']\n"
        "  worker:\n    build: {context: ., dockerfile: worker.Dockerfile}\n"
        "  odd:\n    build: {context: ., dockerfile: odd.Dockerfile}\n"
        "  proxy:\n    build: {context: ., dockerfile: nginx.Dockerfile}\n"
    )
    files = {
        **SEVERAL_FILES,
        "compose.yaml": stack,
        "worker.Dockerfile": "FROM python:3.13-slim\nCMD celery -A tasks.app worker\n",
        "odd.Dockerfile": "FROM python:3.13-slim\nCMD python odd.py\n",
        "nginx.Dockerfile": "FROM nginx:1.29\n",
    }
    found = topics(rows_of(**files)[0])
    assert found["process worker"].verdict is Verdict.SAME
    assert found["odd: command"].theirs == "python odd.py" and found["odd: command"].plan == "not started"
    assert found["service proxy"].theirs == "built from nginx.Dockerfile"


def test_an_image_that_variables_name_is_the_app_where_nothing_is_built() -> None:
    stack = "services:\n  web:\n    image: ${REGISTRY}/shop:${TAG}\n    ports: ['7000:7000']\n"
    assert rows_of(**{"compose.yaml": stack})[1]["port"] == 7000


def test_only_gunicorns_own_options_are_compared() -> None:
    line = "CMD flask db upgrade --sql && gunicorn -b :8000 --preload app:app && echo --done\n"
    found = topics(rows_of(Dockerfile=f"FROM python:3.13-slim\nENV LANGUAGE=en_US:en\n{line}")[0])
    assert found["options"].theirs == "--preload" and "LANGUAGE" not in found


def test_what_is_no_variable_and_what_only_has_a_services_name_is_told_apart() -> None:
    stack = (
        "services:\n  web:\n    build: .\n    environment:\n      - PREFIX=fast:\n      - STRATEGY=cache\n"
        "      - CACHE_SERVER=cache\n      - REDIS=cache\n"
        "      - WATCHFILES_FORCE_POLLING=true\n      - not-a-name=1\n  cache:\n    image: memcached:1\n"
    )
    rows, settings = rows_of(**{"Dockerfile": "FROM python:3.13-slim\n", "compose.yaml": stack})
    assert settings["env"] == {"STRATEGY": "cache"}
    assert topics(rows)["CACHE_SERVER"].plan == "given with the service"


def test_arguments_of_an_entry_point_are_shown_with_it() -> None:
    files = {
        **SEVERAL_FILES,
        "compose.yaml": "services:\n  web:\n    build: .\n  worker:\n"
        "    build: {context: ., dockerfile: worker.Dockerfile}\n    command: -A tasks.app worker\n",
        "worker.Dockerfile": 'FROM python:3.13-slim\nENTRYPOINT ["celery"]\n',
    }
    assert topics(rows_of(**files)[0])["process worker"].theirs == "celery -A tasks.app worker"
    told = "    entrypoint: celery\n    command: -A tasks.app worker\n"
    files["compose.yaml"] = f"services:\n  web:\n    build: .\n  worker:\n    build: .\n{told}"
    assert topics(rows_of(**files)[0])["process worker"].theirs == "celery -A tasks.app worker"
