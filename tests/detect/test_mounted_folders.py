"""What a project's container files keep becomes a volume; what they mount for development does not."""

import pytest

from okamochi.detect.files.mounted_folders import mounted_folders
from okamochi.system.project_files import MemoryProject
from tests.detect.plans import planned

COMPOSE = """services:
  web:
    build: .
    volumes:
{volumes}
  db:
    image: postgres:16
    volumes:
      - data:/var/lib/postgresql/data
"""


def kept(volumes: str, dockerfile: str = "FROM python\nWORKDIR /code\n", **files: str) -> list[str]:
    compose = COMPOSE.format(volumes="\n".join(f"      - {one}" for one in volumes.split()))
    project = MemoryProject({"docker-compose.yml": compose, "Dockerfile": dockerfile, **files})
    return [one.path for one in mounted_folders(project)]


def test_a_named_volume_below_the_working_directory_lies_below_app() -> None:
    assert kept("uploads:/code/static/uploads") == ["/app/static/uploads"]


def test_one_outside_of_it_stays_where_it_is() -> None:
    assert kept("data:/data pool:/var/lib/pool") == ["/data", "/var/lib/pool"]


def test_a_single_file_that_is_mounted_is_no_folder() -> None:
    assert kept("./.pdbrc.py:/home/me/.pdbrc.py ./conf/app.ini:/etc2/app.ini") == []
    assert kept("./settings:/data/settings", settings="a file") == []
    assert kept("./src/.env:/code/.env ./.env.prod:/code/.env.prod") == []
    assert kept("./.state:/code/.state") == ["/app/.state"]


def test_a_folder_or_a_named_volume_with_an_ending_is_no_file() -> None:
    assert kept("mail.data:/srv/mail.data") == ["/srv/mail.data"]
    assert kept("./store.d:/srv/store.d", **{"store.d/first": "x"}) == ["/srv/store.d"]


def test_a_folder_beside_the_compose_file_is_data_unless_the_project_ships_it() -> None:
    assert kept("./storage:/code/storage") == ["/app/storage"]
    assert kept("./templates:/code/templates", **{"templates/a.html": "x"}) == []
    assert kept("./storage:/code/storage", **{"storage/.gitkeep": ""}) == ["/app/storage"]


@pytest.mark.parametrize(
    ("file", "folders"),
    [("app.py", []), ("package.json", []), ("sub/page.html", []), ("first.csv", ["/server"])],
)
def test_code_that_is_mounted_for_development_is_no_data(file: str, folders: list[str]) -> None:
    assert kept("./server:/server", **{f"server/{file}": "x"}) == folders


@pytest.mark.parametrize(
    "volume",
    [
        ".:/code",
        "./:/code",
        "code:/code",
        "../shared:/code/shared",
        "/etc/localtime:/etc/localtime",
        "modules:/code/node_modules",
        "static:/code/static",
        "certificates:/etc/nginx/certs",
        "/code/__pycache__",
        "uploads:/code/uploads:ro",
        "${PLACE}:/code/uploads",
    ],
)
def test_code_system_folders_and_what_cannot_be_written_are_no_data(volume: str) -> None:
    assert kept(volume) == []


def test_the_working_directory_is_that_of_the_stage_that_is_shipped() -> None:
    dockerfile = """ARG home=/srv
FROM python AS base
WORKDIR $home/shop
FROM node AS assets
WORKDIR /assets
FROM base AS production
VOLUME ["/srv/shop/media", "/cache"]
"""
    assert kept("uploads:/srv/shop/uploads", dockerfile) == ["/app/media", "/cache", "/app/uploads"]


def test_files_without_sense_are_no_evidence() -> None:
    assert kept("- [", "VOLUME [nonsense\nWORKDIR\n") == []


def test_the_plan_names_the_volume_and_its_evidence() -> None:
    plan = planned(
        {
            "app.py": "from flask import Flask\napp = Flask(__name__)\n",
            "requirements.txt": "flask\n",
            "docker-compose.yml": COMPOSE.format(volumes="      - up:/app/static/uploads"),
        }
    )
    assert [volume.path for volume in plan.volumes] == ["/app/static/uploads"]
    (decision,) = [one for one in plan.decisions if one.field == "volumes./app/static/uploads"]
    assert "docker-compose.yml" in {one.path for one in decision.evidence}


def test_the_data_of_a_database_whose_image_the_project_makes_over_is_not_the_apps() -> None:
    compose = (
        "services:\n  db:\n    build:\n      context: .\n      dockerfile: docker/db.dockerfile\n"
        "    volumes:\n      - db:/var/lib/mysql\n"
        "  web:\n    build: .\n    volumes:\n      - pool:/var/lib/pool\n"
    )
    files = {
        "docker-compose.yml": compose,
        "docker/db.dockerfile": "FROM mariadb:11\n",
        "Dockerfile": "FROM python",
    }
    assert [one.path for one in mounted_folders(MemoryProject(files))] == ["/var/lib/pool"]
