"""What rests on files that may go becomes settings: a plan made without the files, with these settings, is
the same one."""

from collections.abc import Mapping

import pytest

from okamochi.detect.adoption.kept import Kept, kept_decisions, same_in_a_procfile
from okamochi.model.plan import Plan
from okamochi.model.process import Process, ProcessType
from okamochi.system.data_text import toml_of
from okamochi.workflows.rendered.settings_text import settings_text
from tests.detect.plans import FLASK_APP, planned

DATABASE = """\
import os
import psycopg2
from flask import Flask

app = Flask(__name__)
connection = lambda: psycopg2.connect(os.environ["DATABASE_URL"])
"""
APP = {"app.py": DATABASE, "requirements.txt": "flask\npsycopg2-binary\n"}
COMPOSE = """\
services:
  web: {build: .}
  db:
    image: postgres:15
    environment: {POSTGRES_USER: keeper, POSTGRES_DB: books}
"""


def kept(files: Mapping[str, str], *gone: str) -> Kept:
    rest = {path: text for path, text in files.items() if path not in gone}
    return kept_decisions(planned(files), planned(rest), frozenset(gone))


def values(found: Kept) -> dict[str, object]:
    return {key: value for key, (value, _) in found.settings.items()}


def said(plan: Plan) -> dict[str, object]:
    """What a user would notice."""
    services = [(one.name, one.image, one.user, one.database) for one in plan.services]
    return {
        "python": plan.python_version,
        "app": plan.application,
        "services": services,
        "volumes": plan.volumes,
        "environment": plan.image_environment,
    }


CASES: dict[str, tuple[dict[str, str], str, dict[str, object]]] = {
    "the Python of a Dockerfile": (
        {"app.py": FLASK_APP, "Dockerfile": "FROM python:3.11-slim\nCMD gunicorn app:app\n"},
        "Dockerfile",
        {"python": "3.11"},
    ),
    "the object that a Dockerfile starts": (
        {
            "one.py": FLASK_APP,
            "two.py": FLASK_APP.replace("app =", "site ="),
            "Dockerfile": "FROM python:3.13-slim\nCMD gunicorn two:site\n",
        },
        "Dockerfile",
        {"entrypoint": "two:site"},
    ),
    "a database, its user and its name": (
        {**APP, "docker-compose.yml": COMPOSE},
        "docker-compose.yml",
        {"services": {"db": {"image": "postgres:15", "user": "keeper", "database": "books"}}},
    ),
    "a folder that a compose file keeps": (
        {
            "app.py": FLASK_APP,
            "compose.yaml": "services: {web: {build: ., volumes: ['kept:/app/kept']}}\nvolumes: {kept: {}}\n",
        },
        "compose.yaml",
        {"volumes": ("kept",)},
    ),
    "files of the project's own that are installed": (
        {
            "app.py": FLASK_APP,
            "requirements/prod.txt": "flask\n",
            "requirements/web.txt": "flask\ngunicorn\n",
            "Dockerfile": "FROM python:3.13-slim\nRUN pip install -r requirements/web.txt\n",
        },
        "Dockerfile",
        {"requirements": ("requirements/web.txt",)},
    ),
    "a plain value that the app needs": (
        {
            "app.py": f"{FLASK_APP}import os\nregion = os.environ['REGION']\n",
            "Dockerfile": "FROM python:3.13-slim\nENV REGION=tokyo\nCMD gunicorn app:app\n",
        },
        "Dockerfile",
        {"env": {"REGION": "tokyo"}},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_settings_take_the_place_of_a_file(name: str) -> None:
    files, gone, wanted = CASES[name]
    found = kept(files, gone)
    assert (values(found), found.lost) == (wanted, ())
    written = settings_text(found.settings, "Kept.")
    assert toml_of(written) and f"# {gone}:" in written
    rest = {path: text for path, text in files.items() if path != gone}
    assert said(planned({**rest, "okamochi.toml": written})) == said(planned(files))


def test_what_is_said_elsewhere_as_well_becomes_no_setting() -> None:
    files = {"app.py": FLASK_APP, ".python-version": "3.11\n", "Dockerfile": "FROM python:3.11-slim\n"}
    assert not kept(files, "Dockerfile")
    assert not kept({"app.py": FLASK_APP}, "Dockerfile")


def test_of_an_ignore_file_only_what_is_not_kept_out_anyway_is_kept_out() -> None:
    usual = "__pycache__/\n*.pyc\n.env\n.env.*\n!.env.sample\n.git\nvenv/\n*.sqlite\n"
    files = {"app.py": FLASK_APP, ".dockerignore": usual}
    assert not kept(files, ".dockerignore")
    more = kept({**files, ".dockerignore": "venv/\nnotes\n*.psd\n"}, ".dockerignore")
    assert values(more) == {"exclude": ("/notes", "/*.psd")}


def test_patterns_that_take_something_back_are_told_and_become_no_settings() -> None:
    """Settings come last: a secret in a folder that is taken back would enter the image."""
    found = kept({"app.py": FLASK_APP, ".dockerignore": "*\n!app.py\n!shop\n"}, ".dockerignore")
    assert not found.settings and ".dockerignore" in found.lost[0]
    usual = ".git/\n__pycache__/\n.env\n!.env.example\nassets/node_modules\nnotes\n"
    found = kept({"app.py": FLASK_APP, ".dockerignore": usual}, ".dockerignore")
    assert found.lost == ("what .dockerignore keeps out (/notes)",)


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("python", "-c", "import a; a.b()"), "a Procfile says the same: jobs: python -c 'import a; a.b()'"),
        (
            ("python", "-c", "import a\na.b()"),
            "a Procfile says the same of a script with its lines: jobs: python SCRIPT",
        ),
    ],
)
def test_the_line_of_a_procfile_is_one_that_works(argv: tuple[str, ...], says: str) -> None:
    assert same_in_a_procfile(Process(name="jobs", type=ProcessType.WORKER, argv=argv)) == says


def test_a_worker_and_the_first_data_of_a_database_are_told() -> None:
    compose = f"""{COMPOSE}    volumes: ["./init.sql:/docker-entrypoint-initdb.d/init.sql:ro"]
  worker: {{build: ., command: rq worker --url redis://redis:6379 mails}}
"""
    queue = (
        "from redis import Redis\nfrom rq import Queue\nq = Queue('mails', connection=Redis(host='redis'))\n"
    )
    files = {
        "app.py": f"{DATABASE}{queue}@app.post('/')\ndef mail():\n    q.enqueue('jobs.send')\n",
        "jobs.py": "def send(): ...\n",
        "requirements.txt": "flask\npsycopg2-binary\nredis\nrq\n",
        "init.sql": "SELECT 1;\n",
        "compose.yaml": compose,
    }
    process, data = kept(files, "compose.yaml").lost
    says = "a Procfile says the same: worker: rq worker --url redis://redis:6379 mails"
    assert process == f"the process worker ({says})"
    assert data == "the first data of db (init.sql)"


def test_a_compose_file_of_people_counts_beside_the_rendered_one() -> None:
    ours = "# Written by okamochi render compose from a plan.\nservices: {db: {image: 'postgres:17'}}\n"
    alone, beside = {**APP, "docker-compose.yml": COMPOSE}, {**APP, "docker-compose.yml": COMPOSE}
    beside["compose.yaml"] = ours
    assert said(planned(beside)) == said(planned(alone))


def test_a_service_is_overruled_with_the_names_that_its_data_has() -> None:
    settings = 'services = { db = { image = "postgres:15", user = "keeper", database = "books" } }\n'
    found = planned({**APP, "okamochi.toml": settings}).services[0]
    assert (found.image, found.user, found.database) == ("postgres:15", "keeper", "books")
    redis = 'services = { r = { image = "redis:7", user = "x", database = "y" } }\n'
    found = planned({"app.py": FLASK_APP, "okamochi.toml": redis}).services[0]
    assert (found.user, found.database) == ("", "")
