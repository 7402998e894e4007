"""Which files are for the desk, and what is said of it."""

import datetime

import pytest

from okamochi.audit.reading import read_setup
from okamochi.audit.services import beside, merged
from okamochi.audit.setup import Document
from okamochi.containerfiles.desk import (
    is_desk_name,
    is_desk_path,
    is_production_name,
    is_production_path,
    is_staging_path,
)
from okamochi.system.project_files import MemoryProject
from tests.audit.cases import TODAY

DOCKERFILE = 'FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nCMD ["gunicorn", "app:app"]\n'
WEB = "services:\n  web:\n    build: .\n"
MOUNT = "    volumes:\n      - .:/app\n"
RELOAD = "    command: gunicorn --reload app:app\n"


def read(content: str, path: str = "compose.yaml", **others: str) -> Document:
    files = {"Dockerfile": DOCKERFILE, "app.py": "", path: content}
    files.update({name.replace("__", "."): text for name, text in others.items()})
    setup = read_setup(MemoryProject(files), None, TODAY)
    return next(one for one in setup.composes if one.path == path)


@pytest.mark.parametrize(
    "sign",
    [
        RELOAD,
        "    command: flask run --host 0.0.0.0\n",
        "    command: python manage.py runserver 0.0.0.0:8000\n",
        "    command: python -m debugpy --listen 5678 -m gunicorn app:app\n",
        "    environment:\n      FLASK_DEBUG: 1\n",
        "    environment:\n      - DJANGO_SETTINGS_MODULE=shop.settings.dev\n",
    ],
)
def test_a_file_alone_that_mounts_the_source_and_reloads_is_the_desks(sign: str) -> None:
    found = read(WEB + MOUNT + sign)
    assert found.desk
    assert found.why.startswith("line 5 mounts the source, and ")


@pytest.mark.parametrize(
    "rest",
    [
        MOUNT,
        RELOAD,
        MOUNT + "    command: gunicorn --worker-tmp-dir /dev/shm app:app\n",
        MOUNT + RELOAD + "  proxy:\n    image: caddy:2\n    ports: ['443:443']\n",
        MOUNT + RELOAD + "    environment:\n      APP_ENV: production\n",
        "    volumes:\n      - ./nginx.conf:/etc/nginx.conf\n" + RELOAD,
    ],
)
def test_one_sign_alone_or_one_of_production_leaves_it_for_production(rest: str) -> None:
    assert not read(WEB + rest).desk


def test_what_speaks_against_the_desk_is_said() -> None:
    assert read(WEB + MOUNT + RELOAD + "    environment:\n      APP_ENV: production\n").why == (
        "APP_ENV is production, though line 5 mounts the source"
    )


def test_a_file_beside_decides_before_what_the_file_does() -> None:
    assert not read(WEB + MOUNT + RELOAD, compose__override__yaml="services: {web: {tty: true}}\n").desk
    beside_production = read(WEB, compose__prod__yaml=WEB)
    assert not read(WEB, compose__staging__yaml=WEB).desk
    overlay = "services:\n  web:\n    restart: always\n  mail:\n    image: axllent/mailpit:v1\n"
    assert not read(WEB, compose__prod__yaml=overlay).desk
    assert beside_production.desk and beside_production.why == "compose.prod.yaml is the one for production"


def test_its_head_says_what_a_file_is_for() -> None:
    assert read(f"# for local development\n{WEB}").why == "its head says so"
    assert not read(f"# for production\n{WEB}{MOUNT}{RELOAD}").desk


def test_names_of_stages_and_files_come_from_one_table() -> None:
    for name in (
        "dev",
        "development",
        "base-dev",
        "test_runner",
        "ci",
        "debugger",
        "local",
        "devcontainer",
        "fuzz",
    ):
        assert is_desk_name(name) and is_desk_path(f"compose.{name}.yaml"), name
    for name in (
        "devices",
        "contest",
        "latest",
        "circle",
        "production",
        "localization",
        "developing-world-x",
    ):
        assert not is_desk_name(name), name
    assert is_production_name("Production") and not is_production_name("production-base")
    assert is_production_path("compose.stg.yml") and is_staging_path("compose.stg.yml")
    assert is_desk_path("compose.override.yaml") and not is_desk_path("compose.override.prod.yaml")
    assert is_production_path("a/compose.prod.yaml") and not is_production_path("deploy/compose.yaml")


def test_services_of_other_folders_are_not_beside() -> None:
    files = {f"{n}/compose.yaml": f"services:\n  s{n}:\n    image: postgres:17\n" for n in range(3)}
    setup = read_setup(MemoryProject(files), None, datetime.date(2026, 1, 1))
    for one in setup.containers:
        assert [other.name for other in beside(setup, one)] == [one.name]


def test_compose_files_as_generators_call_them_are_read_and_judged_by_their_names() -> None:
    files = {"Dockerfile": DOCKERFILE, "local.yml": WEB, "production.yml": WEB, "values.yml": WEB}
    setup = read_setup(MemoryProject(files), None, TODAY)
    assert {one.path: one.desk for one in setup.composes} == {"local.yml": True, "production.yml": False}


def test_who_is_beside_a_service_is_found_once_for_all_of_a_folder() -> None:
    stack = "services:\n" + "".join(f"  s{n}:\n    image: postgres:17\n" for n in range(5))
    setup = read_setup(MemoryProject({"compose.yaml": stack}), None, TODAY)
    first, *others = setup.containers
    assert all(beside(setup, one) is beside(setup, first) for one in others)
    assert [one.name for one in merged(first, setup)] == ["s0"]
