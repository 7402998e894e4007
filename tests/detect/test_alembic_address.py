"""alembic.ini fixes where the database is."""

import pytest

from okamochi.model.plan import Plan
from okamochi.model.process import ProcessType
from tests.detect import plans

APP = """\
import os
from fastapi import FastAPI
from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"])
app = FastAPI()
"""
LOCAL_APP = APP.replace('os.environ["DATABASE_URL"]', '"postgresql://me:secret@localhost/shop"')
TEMPLATE = """\
from alembic import context
from sqlalchemy import engine_from_config

config = context.config
engine = engine_from_config(config.get_section(config.config_ini_section, {}), prefix="sqlalchemy.")
"""
OWN = TEMPLATE + 'config.set_main_option("sqlalchemy.url", str(settings.DATABASE_URL))\n'
PLAIN = ("/opt/venv/bin/alembic", "upgrade", "head")


def planned(url: str, *, script: str = TEMPLATE, app: str = APP) -> Plan:
    files = {
        "main.py": app,
        "requirements.txt": "fastapi\nsqlalchemy\npsycopg2-binary\nalembic\n",
        "alembic.ini": f"[alembic]\nscript_location = alembic\nsqlalchemy.url = {url}\n",
        "alembic/env.py": script,
    }
    return plans.planned(files)


def release(plan: Plan) -> tuple[str, ...]:
    return next(one.argv for one in plan.processes if one.type is ProcessType.RELEASE)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:5432", "db"])
def test_the_release_gives_it_the_apps_own_address_by_its_own_driver(host: str) -> None:
    plan = planned(f"postgresql+psycopg2://me:secret@{host}/shop")
    python, option, program = release(plan)
    assert (python, option) == ("/opt/venv/bin/python", "-c")
    compile(program, "release", "exec")
    assert "'postgresql+psycopg2://' + os.environ['DATABASE_URL'].partition('://')[2]" in program
    told = next(one for one in plan.decisions if one.field == "processes.release.argv")
    assert "with the address in DATABASE_URL" in told.summary
    assert ("alembic.ini", 3) in [(one.path, one.line) for one in told.evidence]


def test_the_templates_own_placeholder_names_no_driver() -> None:
    program = release(planned("driver://user:pass@localhost/dbname"))[-1]
    assert "os.environ['DATABASE_URL'].replace(" in program and "driver" not in program


@pytest.mark.parametrize(
    ("url", "script"),
    [
        ("postgresql://me:secret@localhost/shop", OWN),
        ("driver://user:pass@localhost/dbname", OWN),
        ("postgresql://me:secret@database.example.com/shop", TEMPLATE),
        ("sqlite:///shop.db", TEMPLATE),
        ("mysql+pymysql://me:secret@localhost/shop", TEMPLATE.replace("engine_from_config", "engine_of")),
        ("", TEMPLATE),
    ],
)
def test_what_env_py_says_and_what_is_somebody_elses_stays(url: str, script: str) -> None:
    assert release(planned(url, script=script)) == PLAIN


def test_without_a_variable_the_plan_warns() -> None:
    plan = planned("postgresql://me:secret@localhost/shop", app=LOCAL_APP)
    assert release(plan) == PLAIN
    told = [one.summary for one in plan.decisions if one.field == "processes.release.argv"]
    assert any("Warning" in one and "set_main_option" in one for one in told)
