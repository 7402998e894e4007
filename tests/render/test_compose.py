"""compose.yaml: what it says, and that Compose itself reads it."""

import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace
from ruamel.yaml import YAML

from okamochi.model.backing_service import ServiceVariable
from okamochi.model.process import HttpProbe
from okamochi.render.compose import render_compose
from okamochi.render.rendering import Language
from tests.detect.plans import planned

APP = """
import os
from flask import Flask
import redis
app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]
TOKEN = os.environ["PARTNER_ADDRESS"]
COLOUR = os.environ.get("COLOUR", "red")
cache = redis.Redis(host="cache")
@app.get("/healthz")
def healthz(): return "ok"
"""
COMPOSE = """
services:
  database:
    image: postgres:18
    environment:
      POSTGRES_DB: shop
"""
FILES = {
    "app.py": APP,
    "requirements.txt": "flask\nflask-sqlalchemy\npsycopg2-binary\nredis\n",
    "docker-compose.yml": COMPOSE,
}


def rendered(language: Language = Language.ENGLISH) -> str:
    return render_compose(planned(FILES), language).files[0].content.decode()


def services() -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = YAML(typ="safe", pure=True).load(rendered())["services"]
    return found


def test_every_container_is_hardened_and_limited() -> None:
    for name, service in services().items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["deploy"]["resources"]["limits"]["pids"], name  # type: ignore[index]
        assert service["logging"]["options"]["max-size"], name  # type: ignore[index]
    assert services()["web"]["user"] == "10001:10001"


def test_a_dollar_of_the_plan_is_no_variable_of_compose() -> None:
    plan = planned(FILES)
    web = replace(plan.web, probe=HttpProbe(path="/he$alth", host="shop.$HOST"))
    service = replace(plan.services[0], variables=(ServiceVariable(name="PRICE", template="$5 on {host}"),))
    altered = replace(plan, processes=(web,), services=(service,))
    document = YAML(typ="safe", pure=True).load(render_compose(altered, Language.ENGLISH).files[0].content)
    environment = document["services"]["web"]["environment"]
    assert environment["OKAMOCHI_HEALTH_PATH"] == "/he$$alth"
    assert environment["OKAMOCHI_HEALTH_HOST"] == "shop.$$HOST"
    assert environment["PRICE"] == f"$$5 on {service.name}"


def test_no_password_is_in_the_file_and_no_port_of_a_database_is_published() -> None:
    found = services()
    assert "ports" not in found["database"]
    assert found["database"]["environment"]["POSTGRES_PASSWORD_FILE"] == "/run/secrets/DATABASE_PASSWORD"  # type: ignore[index]
    assert found["web"]["environment"]["DATABASE_URL_FILE"] == "/run/secrets/DATABASE_URL"  # type: ignore[index]
    assert found["web"]["ports"] == ["${OKAMOCHI_ADDRESS:-127.0.0.1}:${OKAMOCHI_PORT:-8000}:8000"]


def test_a_required_variable_stops_and_an_optional_one_stays_unset() -> None:
    environment = services()["web"]["environment"]
    assert environment["PARTNER_ADDRESS"] == "${PARTNER_ADDRESS:?set it in .env}"  # type: ignore[index]
    assert environment["COLOUR"] is None  # type: ignore[index]


def test_names_and_versions_are_the_projects_own_and_postgres_18_keeps_its_data_one_folder_higher() -> None:
    found = services()
    assert found["database"]["image"] == "postgres:18"
    volumes = ["database-data:/var/lib/postgresql", "database-secrets:/run/secrets:ro"]
    assert found["database"]["volumes"] == volumes
    assert found["cache"]["image"].startswith("valkey/valkey:")  # type: ignore[attr-defined]
    assert found["web"]["depends_on"]["database"]["condition"] == "service_healthy"  # type: ignore[index]


def test_databases_have_no_way_out() -> None:
    document = YAML(typ="safe", pure=True).load(rendered())
    assert document["networks"]["data"] == {"internal": True}
    assert services()["database"]["networks"] == ["data"]


def test_the_same_plan_gives_the_same_bytes_and_the_comments_can_be_japanese() -> None:
    assert rendered() == rendered()
    assert "シェル" in rendered(Language.JAPANESE)
    assert "version:" not in rendered()


@pytest.mark.engine
def test_compose_reads_it(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(rendered())
    done = subprocess.run(
        ("docker", "compose", "-f", str(tmp_path / "compose.yaml"), "config", "--quiet"),
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", "PARTNER_ADDRESS": "x", "HOME": "/root"},
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_value_of_the_images_own_is_not_taken_away_by_a_bare_name() -> None:
    plan = planned(FILES)
    plan = replace(plan, image_environment=(("COLOUR", "red$1"), *plan.image_environment))
    content = render_compose(plan).files[0].content.decode()
    web = YAML(typ="safe", pure=True).load(content)["services"]["web"]
    assert web["environment"]["COLOUR"] == "${COLOUR:-red$$1}"


def test_the_address_of_a_file_that_the_image_names_is_no_secret_to_be_given() -> None:
    files = {
        "requirements.txt": "fastapi\nsqlalchemy\nalembic\npydantic-settings\n",
        "main.py": "from fastapi import FastAPI\nfrom sqlalchemy import create_engine\n"
        "from config import settings\nengine = create_engine(settings.database_url)\napp = FastAPI()\n",
        "config.py": "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n"
        "    database_url: str\n    secret_key: str\nsettings = Settings()\n",
        "alembic.ini": "[alembic]\nscript_location = alembic\n",
        "alembic/env.py": "from config import settings\n",
    }
    text = render_compose(planned(files), Language.ENGLISH).files[0].content.decode()
    found = YAML(typ="safe", pure=True).load(text)["services"]
    assert found["secrets"]["command"] == ["app/SECRET_KEY"]
    for name in ("web", "release"):
        address = found[name]["environment"]["DATABASE_URL"]
        assert address == "${DATABASE_URL:-sqlite:////app/data/app.db}"
