"""A required address of a database, in a project without any driver, is that of a SQLite file."""

import pytest

from tests.detect.plans import decision, planned

APP = """\
import os
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.getenv("STORE_ADDRESS")
db = SQLAlchemy(app)
"""
ADDRESS = ("STORE_ADDRESS", "sqlite:////app/data/app.db")


def test_the_variable_names_a_file_in_a_volume_unless_it_is_given() -> None:
    plan = planned({"requirements.txt": "flask\nflask-sqlalchemy\n", "app.py": APP})
    assert ADDRESS in plan.image_environment
    assert [one.path for one in plan.volumes] == ["/app/data"]
    reason = decision(plan, "image_environment.STORE_ADDRESS").evidence[0].reason
    assert "no driver of a database is asked for, so it is SQLite" in reason


CONFIG = """\
import os
class Desk:
    SQLALCHEMY_DATABASE_URI = os.getenv("DEV_DATABASE_URL")
class Testing:
    SQLALCHEMY_DATABASE_URI = os.getenv("TEST_DATABASE_URL")
class Production:
    SQLALCHEMY_DATABASE_URI = os.getenv("DATABASE_URL")
"""


def test_each_configuration_but_that_for_tests_has_the_file() -> None:
    app = APP.replace('app.config["SQLALCHEMY_DATABASE_URI"] = os.getenv("STORE_ADDRESS")\n', "")
    app += 'import config\napp.config.from_object(getattr(config, os.getenv("KIND") or "Desk"))\n'
    files = {"requirements.txt": "flask\nflask-sqlalchemy\n", "app.py": app, "config.py": CONFIG}
    given = {name: value for name, value in planned(files).image_environment if name.endswith("DATABASE_URL")}
    assert given == dict.fromkeys(("DATABASE_URL", "DEV_DATABASE_URL"), ADDRESS[1])
    for other in ("if not Desk.SQLALCHEMY_DATABASE_URI:\n    raise SystemExit\n", "from_json = 1\n"):
        plan = planned({**files, "config.py": CONFIG + other})
        assert not any(name.endswith("DATABASE_URL") for name, _ in plan.image_environment)


@pytest.mark.parametrize(
    ("requirements", "app"),
    [
        ("flask\nflask-sqlalchemy\npsycopg2-binary\n", APP),
        ("flask\nflask-sqlalchemy\nsqlalchemy-bigquery\n", APP),
        ("flask\nflask-sqlalchemy\npymssql\n", APP),
        ("flask\n", APP),
        ("flask\nflask-sqlalchemy\n", APP + 'app.config.from_pyfile("own.py")\n'),
        ("flask\nflask-sqlalchemy\n", APP.replace("SQLALCHEMY_DATABASE_URI", "OTHER_URI")),
    ],
)
def test_nothing_is_set_where_it_may_be_another_database(requirements: str, app: str) -> None:
    plan = planned({"requirements.txt": requirements, "app.py": app})
    assert ADDRESS not in plan.image_environment


SETTINGS = """\
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    database_url: str
    pool: str = "5"
settings = Settings()
"""
API = """\
from fastapi import FastAPI
from sqlalchemy import create_engine
from config import settings
engine = create_engine(settings.database_url)
app = FastAPI()
"""
ASKED = "fastapi\nsqlalchemy\npydantic-settings\n"
FILE = ("DATABASE_URL", "sqlite:////app/data/app.db")


@pytest.mark.parametrize(
    ("requirements", "app", "found"),
    [
        (ASKED, API, True),
        (
            ASKED,
            API.replace("engine = create_engine(s", "URL = s").replace(
                "_url)", "_url\nengine = create_engine(URL)"
            ),
            True,
        ),
        (ASKED + "psycopg2-binary\n", API, False),
        (ASKED, API.replace("settings.database_url", "'sqlite:///x.db'"), False),
        (ASKED, API.replace("from sqlalchemy", "from other"), False),
    ],
)
def test_what_an_engine_of_sqlalchemy_is_made_of_is_such_an_address(
    requirements: str, app: str, found: bool
) -> None:
    files = {"requirements.txt": requirements, "main.py": app, "config.py": SETTINGS}
    assert (FILE in planned(files).image_environment) is found


def test_an_address_put_together_of_several_variables_is_not_guessed() -> None:
    settings = SETTINGS.replace("database_url: str", "db_host: str\n    db_name: str")
    app = API.replace("settings.database_url", "f'{settings.db_host}/{settings.db_name}'")
    plan = planned({"requirements.txt": ASKED, "main.py": app, "config.py": settings})
    assert not any("sqlite" in value for _, value in plan.image_environment)


def test_the_address_may_have_a_name_of_its_own_first() -> None:
    app = APP.replace('os.getenv("STORE_ADDRESS")', "address").replace(
        "app = Flask", 'address = os.getenv("STORE_ADDRESS")\napp = Flask'
    )
    plan = planned({"requirements.txt": "flask\nflask-sqlalchemy\n", "app.py": app})
    assert ADDRESS in plan.image_environment


@pytest.mark.parametrize(
    ("requirements", "value", "given"),
    [
        ("django\nenvirons\n", '{"default": env.dj_db_url("DATABASE_URL")}', True),
        ("django\nenvirons\npsycopg[binary]\n", '{"default": env.dj_db_url("DATABASE_URL")}', False),
        ("django\nenvirons\n", '{"default": {"NAME": env.str("DATABASE_URL")}}', False),
    ],
)
def test_djangos_required_address_without_a_driver_is_a_file_too(
    requirements: str, value: str, given: bool
) -> None:
    settings = f"from environs import Env\nenv = Env()\nDATABASES = {value}\nDEBUG = False\n"
    files = {
        "requirements.txt": requirements,
        "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
        "shop/__init__.py": "",
        "shop/settings.py": settings,
        "shop/wsgi.py": (
            "import os\nfrom django.core.wsgi import get_wsgi_application\n"
            "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
            "application = get_wsgi_application()\n"
        ),
    }
    assert (FILE in planned(files).image_environment) is given


@pytest.mark.parametrize(
    ("code", "given"),
    [
        ("engine = create_engine(os.getenv('DATABASE_URL'))", True),
        ("url = os.getenv('DATABASE_URL')\nengine = create_engine(url)", True),
        ("engine = create_engine(os.getenv('DATABASE_URL', 'sqlite:///shop.db'))", False),
        ("url = os.getenv('DATABASE_URL')\nif url:\n    engine = create_engine(url)", False),
        ("url = os.getenv('DATABASE_URL') or other()\nengine = create_engine(url)", False),
    ],
)
def test_an_engine_of_nothing_else_than_a_variable_needs_it(code: str, given: bool) -> None:
    head = "import os\nfrom flask import Flask\nfrom sqlalchemy import create_engine\n"
    app = f"{head}{code}\napp = Flask(__name__)\n"
    plan = planned({"requirements.txt": "flask\nsqlalchemy\n", "app.py": app})
    assert (FILE in plan.image_environment) is given
