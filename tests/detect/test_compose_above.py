"""A compose file in the folder above, which builds the project: its services are the app's."""

from pathlib import Path

import pytest

from okamochi.detect.files.compose_files import composed, own_services
from okamochi.detect.planner import make_plan
from okamochi.model.plan import Plan
from okamochi.model.settings import SettingsTable
from okamochi.system.project_files import DiskProject
from tests.detect.plans import FLASK_APP

COMPOSE = """services:
  proxy:
    build: proxy
  backend:
    build:
      context: ./backend
    env_file: .env
    volumes:
      - ./backend:/code
      - uploads:/code/uploads
  store:
    image: postgres:15
    environment:
      POSTGRES_USER: keeper
    volumes:
      - ./first.sql:/docker-entrypoint-initdb.d/first.sql
"""


@pytest.fixture
def project(tmp_path: Path):  # type: ignore[no-untyped-def]
    """A project in the folder backend/ of a checkout with these files."""

    def opened(**files: str) -> DiskProject:
        every = {
            "backend/app.py": FLASK_APP,
            "backend/requirements.txt": "flask\npsycopg\n",
            "proxy/Dockerfile": "FROM nginx\n",
            "compose.yaml": COMPOSE,
            ".git/HEAD": "ref: refs/heads/main\n",
        }
        for name, text in {**every, **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return DiskProject.open(tmp_path / "backend")

    return opened


def plan_of(project: DiskProject) -> Plan:
    return make_plan(project, SettingsTable())


def test_its_services_are_those_of_the_app_and_other_builds_are_not(project) -> None:  # type: ignore[no-untyped-def]
    found = composed(project())
    assert [(one.path, one.name) for one in found] == [
        ("../compose.yaml", "backend"),
        ("../compose.yaml", "store"),
    ]
    assert [one.name for one in own_services(project())] == ["backend"]
    (service,) = plan_of(project()).services
    assert (service.name, service.image, service.user) == ("store", "postgres:15", "keeper")
    assert service.initial_files == ()


def test_its_named_volumes_count_and_places_beside_it_do_not(project) -> None:  # type: ignore[no-untyped-def]
    assert [one.path for one in plan_of(project()).volumes] == ["/code/uploads"]


@pytest.mark.parametrize(
    "compose",
    [
        COMPOSE.replace("./backend\n", "./frontend\n", 1),
        COMPOSE.replace("    build:\n      context: ./backend\n", "    image: other/app\n"),
        "services: [",
    ],
)
def test_one_that_does_not_build_the_project_is_none_of_its(project, compose: str) -> None:  # type: ignore[no-untyped-def]
    assert composed(project(**{"compose.yaml": compose})) == ()


def test_a_file_further_above_counts_where_it_builds_the_project(tmp_path: Path) -> None:
    """services/web: the layout of many courses on Flask and Docker."""
    files = {
        "services/web/app.py": FLASK_APP,
        "services/web/requirements.txt": "flask\npsycopg2-binary\n",
        "services/web/config.py": "import os\nURL = os.environ['DATABASE_URL']\n",
        "services/compose.yaml": "services:\n  other:\n    build: ./other\n",
        "docker-compose.yml": COMPOSE.replace("./backend", "./services/web"),
        ".git/HEAD": "ref: refs/heads/main\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    project = DiskProject.open(tmp_path / "services/web")
    assert [one.path for one in own_services(project)] == ["../../docker-compose.yml"]
    assert [one.name for one in plan_of(project).services] == ["store"]
    (tmp_path / "docker-compose.yml").write_text(COMPOSE.replace("./backend", "./web"))
    assert composed(DiskProject.open(tmp_path / "services/web")) == ()


def test_the_projects_own_file_comes_first(project) -> None:  # type: ignore[no-untyped-def]
    own = "services:\n  app:\n    build: .\n"
    assert [one.path for one in composed(project(**{"backend/compose.yaml": own}))] == ["compose.yaml"]


def test_a_folder_of_nobody_knows_whom_is_not_read(project, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    alone = project()
    (tmp_path / ".git/HEAD").unlink()
    (tmp_path / ".git").rmdir()
    assert composed(DiskProject.open(alone.root)) == ()


def test_one_that_is_built_from_a_folder_between_is_the_app_s_as_well(project) -> None:  # type: ignore[no-untyped-def]
    opened = project(
        **{"backend/main/app.py": FLASK_APP, "backend/main/requirements.txt": "flask\npsycopg\n"}
    )
    below = DiskProject.open(Path(str(opened.root)) / "main")
    (service,) = plan_of(below).services
    assert (service.name, service.image) == ("store", "postgres:15")
