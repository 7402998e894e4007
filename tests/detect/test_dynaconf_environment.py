"""Dynaconf has the settings of development unless told otherwise: the image tells it."""

import pytest

from tests.detect.plans import decision, planned

FLASK = (
    "from dynaconf import FlaskDynaconf\nfrom flask import Flask\napp = Flask(__name__)\nFlaskDynaconf(app)\n"
)
ALONE = """\
from dynaconf import Dynaconf
from flask import Flask
settings = Dynaconf(settings_files=["settings.toml"], environments=True)
app = Flask(__name__)
"""
TOML = "[default]\nDEBUG = false\n\n[development]\nDEBUG = true\n\n[production]\nDEBUG = false\n"


def variables(app: str, files: dict[str, str]) -> dict[str, str]:
    return dict(planned({"app.py": app, **files}).image_environment)


@pytest.mark.parametrize(
    ("app", "name"),
    [
        (FLASK, "FLASK_ENV"),
        (FLASK.replace("Dynaconf(app", "Dynaconf(app, envvar_prefix='SHOP'"), "SHOP_ENV"),
        (FLASK.replace("Dynaconf(app", "Dynaconf(app, env_switcher='STAGE'"), "STAGE"),
        (ALONE, "ENV_FOR_DYNACONF"),
    ],
)
def test_the_settings_of_production_are_chosen(app: str, name: str) -> None:
    assert variables(app, {"settings.toml": TOML})[name] == "production"
    plan = planned({"app.py": app, "settings.toml": TOML})
    assert [one.path for one in decision(plan, f"image_environment.{name}").evidence] == [
        "app.py",
        "settings.toml",
    ]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("settings.yaml", "default:\n  DEBUG: false\nproduction:\n  DEBUG: false\n"),
        ("config/settings.toml", "[production.database]\nname = 'shop'\n"),
        ("settings.json", '{\n  "production": {"DEBUG": false}\n}\n'),
    ],
)
def test_whatever_kind_of_file_has_them(file: str, text: str) -> None:
    assert variables(FLASK, {file: text})["FLASK_ENV"] == "production"


@pytest.mark.parametrize(
    ("app", "text"),
    [
        (FLASK, "[default]\nDEBUG = false\n[development]\nproduction = false\n"),  # none to choose
        (FLASK.replace("Dynaconf(app", "Dynaconf(app, environments=False"), TOML),  # layers are off
        (ALONE.replace(", environments=True", ""), TOML),
        ("from flask import Flask\napp = Flask(__name__)\n", TOML),  # somebody else's file
    ],
)
def test_where_nothing_chooses_nothing_is_set(app: str, text: str) -> None:
    assert not {"FLASK_ENV", "ENV_FOR_DYNACONF"} & set(variables(app, {"settings.toml": text}))
