"""What files for other platforms say is evidence: processes, and values of what the app cannot do without."""

import json

import pytest

from tests.detect.plans import decision, planned

APP = "import os\nfrom flask import Flask\nMODE = os.environ['APP_MODE']\napp = Flask(__name__)\n"
WORK = {"app.py": APP, "work.py": "print('at work')\n", "migrate.py": "print('done')\n"}
FLY = """\
app = "shop"
[env]
APP_MODE = "production"
[deploy]
release_command = "python migrate.py"
[processes]
app = "gunicorn app:app"
worker = "python work.py"
"""
RENDER = """\
services:
  - type: web
    startCommand: gunicorn app:app
    preDeployCommand: python migrate.py
    envVars:
      - key: APP_MODE
        value: production
      - key: SECRET_KEY
        generateValue: true
  - type: worker
    name: Worker
    startCommand: python work.py
"""


@pytest.mark.parametrize(("name", "text"), [("fly.toml", FLY), ("render.yaml", RENDER)])
def test_workers_what_runs_before_and_plain_values_are_taken_with_their_line(name: str, text: str) -> None:
    plan = planned({**WORK, name: text})
    argv = {process.name: process.argv for process in plan.processes}
    assert argv["worker"] == ("/opt/venv/bin/python", "work.py")
    assert argv["release"] == ("/opt/venv/bin/python", "migrate.py")
    assert dict(plan.image_environment)["APP_MODE"] == "production"
    (place,) = decision(plan, "image_environment.APP_MODE").evidence
    assert text.splitlines()[place.line - 1].find("APP_MODE") >= 0 and place.path == name


def test_app_json_and_railway_say_what_runs_before() -> None:
    app = {"scripts": {"postdeploy": "python migrate.py"}, "env": {"APP_MODE": {"value": "production"}}}
    plan = planned({**WORK, "app.json": json.dumps(app)})
    assert sorted(one.name for one in plan.processes) == ["release", "web"]
    assert dict(plan.image_environment)["APP_MODE"] == "production"
    railway = {"deploy": {"preDeployCommand": ["python migrate.py"]}}
    assert len(planned({**WORK, "railway.json": json.dumps(railway)}).processes) == 2


def test_the_procfile_goes_before_other_platforms_files() -> None:
    plan = planned({**WORK, "fly.toml": FLY, "Procfile": "worker: python migrate.py\n"})
    (worker,) = (one for one in plan.processes if one.name == "worker")
    assert worker.argv[-1] == "migrate.py"


@pytest.mark.parametrize(
    ("files", "value"),
    [
        ({"Dockerfile": 'FROM python:3.13\nENV OTHER=1 APP_MODE="on duty"\n'}, "on duty"),
        ({"Dockerfile": "FROM python:3.13\nENV APP_MODE live\n"}, "live"),
        ({"Dockerfile": "FROM python:3.13\nENV APP_MODE=$STAGE\n"}, ""),
        ({"Dockerfile": "FROM python:3.13\nENV APP_MODE=development\n"}, ""),
        (
            {"compose.yaml": "services:\n  web:\n    build: .\n    environment:\n      - APP_MODE=live\n"},
            "live",
        ),
        ({"compose.yaml": "services:\n  db:\n    image: x\n    environment:\n      APP_MODE: live\n"}, ""),
        ({"fly.toml": "broken ["}, ""),
        ({"render.yaml": "- a\n: b ["}, ""),
    ],
)
def test_only_plain_values_for_production_count(files: dict[str, str], value: str) -> None:
    assert dict(planned({**WORK, **files}).image_environment).get("APP_MODE", "") == value


def test_no_secret_and_nothing_that_has_a_default_is_taken() -> None:
    app = "import os\nfrom flask import Flask\nos.environ['API_TOKEN']\nos.getenv('COLOR', 'red')\n"
    dockerfile = "FROM python:3.13\nENV API_TOKEN=abc COLOR=blue\n"
    plan = planned({"app.py": f"{app}app = Flask(__name__)\n", "Dockerfile": dockerfile})
    assert {"API_TOKEN", "COLOR"}.isdisjoint(dict(plan.image_environment))


CONFIG = "class Base: ...\nclass ProductionConfig(Base): ...\nclass DevelopmentConfig(Base): ...\n"
OF_OBJECT = (
    "import os\nfrom flask import Flask\napp = Flask(__name__)\n"
    "app.config.from_object(os.environ['APP_SETTINGS'])\n"
)


def test_a_variable_that_names_the_configuration_gets_the_one_for_production() -> None:
    files = {"app.py": OF_OBJECT, "config.py": CONFIG}
    plan = planned({**files, "Dockerfile": "FROM python:3.13\nENV APP_SETTINGS=config.Base\n"})
    assert dict(plan.image_environment)["APP_SETTINGS"] == "config.ProductionConfig"
    (place,) = decision(plan, "image_environment.APP_SETTINGS").evidence
    assert (place.path, place.line) == ("config.py", 2)


@pytest.mark.parametrize(
    ("read", "chosen"),
    [
        ("app.config.from_object(os.getenv('APP_SETTINGS'))", True),
        ("app.config.from_object(os.environ.get('APP_SETTINGS'))", True),
        ("told = os.getenv('APP_SETTINGS')\napp.config.from_object(told)", True),
        ("app.config.from_object(os.getenv('APP_SETTINGS', 'config.Base'))", False),
        ("told = os.getenv('APP_SETTINGS')\ntold = told or 'x'\napp.config.from_object(told)", False),
        ("os.getenv('APP_SETTINGS')", False),
    ],
)
def test_a_variable_without_a_default_names_it_as_well(read: str, chosen: bool) -> None:
    app = f"import os\nfrom flask import Flask\napp = Flask(__name__)\n{read}\n"
    found = dict(planned({"app.py": app, "config.py": CONFIG}).image_environment)
    assert found.get("APP_SETTINGS") == ("config.ProductionConfig" if chosen else None)


@pytest.mark.parametrize(
    ("read", "value"),
    [
        ("kinds[os.getenv('FLASK_ENV')]", "production"),
        ("kinds[os.environ['FLASK_ENV']]", "production"),
        ("kinds[os.getenv('FLASK_ENV', 'development')]", None),
        ("kinds.get('FLASK_ENV')", None),
    ],
)
def test_a_variable_that_is_the_key_of_the_configuration_gets_that_of_production(
    read: str, value: str | None
) -> None:
    app = "import os\nfrom flask import Flask\nfrom config import kinds\napp = Flask(__name__)\n"
    app += f"app.config.from_object({read})\n"
    config = f"{CONFIG}kinds = {{'development': DevelopmentConfig, 'production': ProductionConfig}}\n"
    plan = planned({"app.py": app, "config.py": config})
    assert dict(plan.image_environment).get("FLASK_ENV") == value


HANDED_ON = (
    "import os\nfrom flask import Flask\ndef create_app(settings):\n    app = Flask(__name__)\n"
    "    app.config.from_object(settings)\n    return app\n"
)


@pytest.mark.parametrize(
    ("call", "chosen"),
    [
        ("told = os.getenv('APP_SETTINGS')\napp = create_app(told)\n", True),
        ("app = create_app(settings=os.environ['APP_SETTINGS'])\n", True),
        ("app = create_app(os.getenv('APP_SETTINGS', 'config.Base'))\n", False),
        ("app = create_app('config.Base')\nother(os.getenv('APP_SETTINGS'))\n", False),
    ],
)
def test_a_factory_hands_on_which_configuration_is_named(call: str, chosen: bool) -> None:
    plan = planned({"app.py": HANDED_ON + call, "config.py": CONFIG})
    expected = "config.ProductionConfig" if chosen else None
    assert dict(plan.image_environment).get("APP_SETTINGS") == expected


@pytest.mark.parametrize("app", [OF_OBJECT, f"{HANDED_ON}app = create_app(os.getenv('APP_SETTINGS'))\n"])
def test_what_the_class_for_production_reads_leads_to_the_database(app: str) -> None:
    config = (
        "import os\nclass ProductionConfig:\n    SQLALCHEMY_DATABASE_URI = os.environ.get('DATABASE_URL')\n"
    )
    needs = "flask\nflask-sqlalchemy\npsycopg2-binary\n"
    plan = planned({"app.py": app, "config.py": config, "requirements.txt": needs})
    (database,) = plan.services
    assert [one.name for one in database.variables] == ["DATABASE_URL"]


def test_without_one_class_for_production_nobody_chooses() -> None:
    two = CONFIG + "class ProdOnAzure(Base): ...\n"
    for text in (two, CONFIG.replace("ProductionConfig", "Other")):
        plan = planned({"app.py": OF_OBJECT, "config.py": text})
        assert "APP_SETTINGS" not in dict(plan.image_environment)


def test_a_dockerfile_that_a_compose_file_names_gives_values_where_there_is_no_usual_one() -> None:
    build = "services:\n  web:\n    build:\n      context: .\n      dockerfile: deploy/web.dockerfile\n"
    files = {**WORK, "docker-compose.yml": build, "deploy/web.dockerfile": "FROM python\nENV APP_MODE=live\n"}
    assert ("APP_MODE", "live") in planned(files).image_environment
    assert ("APP_MODE", "live") not in planned({**files, "Dockerfile": "FROM python\n"}).image_environment
