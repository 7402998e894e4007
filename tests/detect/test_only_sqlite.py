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


def test_the_address_may_have_a_name_of_its_own_first() -> None:
    app = APP.replace('os.getenv("STORE_ADDRESS")', "address").replace(
        "app = Flask", 'address = os.getenv("STORE_ADDRESS")\napp = Flask'
    )
    plan = planned({"requirements.txt": "flask\nflask-sqlalchemy\n", "app.py": app})
    assert ADDRESS in plan.image_environment
