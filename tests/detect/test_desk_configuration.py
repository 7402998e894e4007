"""What is right at the desk and would stay on in production is told."""

import pytest

from tests.detect.plans import decision, planned

APP = """\
import os
from flask import Flask
from settings import config

def create_app(name=None):
    name = name or os.getenv("FLASK_CONFIG", "development")
    app = Flask(__name__)
    app.config.from_object(config[name])
    return app
"""
SETTINGS = """\
class Development: ...
class Production: ...

config = {"development": Development, "production": Production}
"""


def told(app: str = APP, settings: str = SETTINGS, name: str = "FLASK_CONFIG") -> str:
    return decision(planned({"app.py": app, "settings.py": settings}), f"environment.{name}").summary


def test_the_configuration_for_production_is_named_where_the_default_is_another() -> None:
    assert "Warning: for production the project has another: FLASK_CONFIG=production" in told()
    plan = planned({"app.py": APP, "settings.py": SETTINGS})
    last = decision(plan, "environment.FLASK_CONFIG").evidence[-1]
    assert (last.path, last.line) == ("settings.py", 4)


def test_flasks_old_variable_that_the_code_reads_itself_is_one_like_others() -> None:
    told_of = told(app=APP.replace("FLASK_CONFIG", "FLASK_ENV"), name="FLASK_ENV")
    assert (
        "default 'development'. Warning: for production the project has another: FLASK_ENV=production"
        in told_of
    )


@pytest.mark.parametrize("name", ["HEROKU_SLUG_COMMIT", "RELEASE", "APP_VERSION"])
def test_what_was_built_names_no_configuration(name: str) -> None:
    app = f'{APP}\nRELEASED = os.getenv("{name}", "development")\n'
    assert "Warning" not in told(app=app, name=name)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"development": Development', '"development": Production'),
        ('"production": Production', '"testing": Production'),
        ('"development": Development', '"dev": Development'),
        ('"production": Production', '"production": 5'),
    ],
)
def test_nothing_is_told_where_the_table_has_no_other(old: str, new: str) -> None:
    assert "Warning" not in told(settings=SETTINGS.replace(old, new))


def test_a_default_for_production_is_no_matter() -> None:
    assert "Warning" not in told(app=APP.replace('"development"', '"production"'))


@pytest.mark.parametrize(
    ("read", "warned"),
    [
        ('os.getenv("DEBUG", "True")', True),
        ('os.environ.get("DEBUG", 1)', True),
        ('os.getenv("DEBUG", "False")', False),
        ('os.getenv("DEBUG")', False),
        ('os.getenv("DEBUG", "True")\nclass Config:\n    DEBUG = False', False),
    ],
)
def test_debug_mode_that_is_on_by_default_is_told(read: str, warned: bool) -> None:
    app = f"import os\nfrom flask import Flask\napp = Flask(__name__)\nd = {read}\n"
    assert ("Warning: debug mode is on unless DEBUG says otherwise" in told(app=app, name="DEBUG")) is warned
