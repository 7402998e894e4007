"""An environment file that was written for a compose file means the services of the stack."""

from pathlib import Path
from typing import cast

import pytest

from okamochi.errors import UsageError
from okamochi.model.backing_service import BackingService, ServiceKind, ServiceVariable
from okamochi.model.plan import Plan
from okamochi.run.engine import Engine
from okamochi.run.state import AppState
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.starting.env_values import read_values
from okamochi.workflows.starting.given_services import given_service, is_elsewhere, with_driver
from okamochi.workflows.starting.stack_services import needed_services, with_service_values
from tests.detect.plans import planned

HEAD = "import os\nfrom flask import Flask\napp = Flask(__name__)\n"
BY_URL = f"{HEAD}url = os.environ['DATABASE_URL']\n"
BY_PARTS = HEAD + "".join(
    f"{one.lower()} = os.environ['DB_{one}']\n" for one in ("HOST", "USER", "PASSWORD", "NAME")
)


class Docker:
    """Has every image."""

    name = "docker"
    composes = True

    def has(self, reference: str) -> bool:
        return True


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.real({}, SilentReporter(), offline=True, cache_root=tmp_path / "cache")


@pytest.fixture
def state(tmp_path: Path) -> AppState:
    return AppState(tmp_path / "shop")


def plan_of(source: str) -> Plan:
    return planned({"app.py": source, "requirements.txt": "flask\nsqlalchemy\npsycopg2-binary\n"})


def started(plan: Plan, text: str, state: AppState, world: World) -> tuple[BackingService, ...]:
    """The services of the stack; what its containers are told lies in the state afterwards."""
    file = state.folder.parent / "prod.env"
    file.write_text(text)
    values = read_values(plan, file, state, world, project=file.parent)
    found = needed_services(plan, values, cast(Engine, Docker()), state, world)
    with_service_values(found, values, state, world)
    return found.services


def test_an_address_by_the_services_own_name_is_the_stacks_own(state: AppState, world: World) -> None:
    text = "DATABASE_URL=postgres://me:p%40ss@db:5432/shop?connect_timeout=3\n"
    (db,) = started(plan_of(BY_URL), text, state, world)
    assert (db.name, db.user, db.database) == ("db", "me", "shop")
    secrets = state.secrets()
    assert secrets["DB_PASSWORD"] == "p@ss"
    # what the user wrote, with the driver that the project has
    assert secrets["DATABASE_URL"] == "postgresql+psycopg2://me:p%40ss@db:5432/shop?connect_timeout=3"


def test_an_address_elsewhere_is_somebody_elses(state: AppState, world: World) -> None:
    text = "DATABASE_URL=postgresql://me:secret@db.example.org/shop\n"
    assert started(plan_of(BY_URL), text, state, world) == ()
    assert state.secrets() == {"DATABASE_URL": "postgresql://me:secret@db.example.org/shop"}


@pytest.mark.parametrize(
    ("text", "kept"),
    [("db_password=small\n", "small"), ("db_password=small\nDB_PASSWORD=large\n", "large")],
)
def test_a_name_in_small_letters_is_the_one_in_capitals_that_the_code_reads(
    text: str, kept: str, state: AppState, world: World
) -> None:
    started(plan_of(BY_PARTS), text, state, world)
    assert state.secrets()["DB_PASSWORD"] == kept


def test_a_password_alone_is_that_of_the_stacks_own(state: AppState, world: World) -> None:
    (db,) = started(plan_of(BY_PARTS), "DB_PASSWORD=chosen-by-me\nDB_NAME=orders\n", state, world)
    assert (db.user, db.database) == ("app", "orders")
    assert state.secrets()["DB_PASSWORD"] == "chosen-by-me"
    state.forget_given_secrets()  # as `down` does: the data has it, too
    assert state.secrets()["DB_PASSWORD"] == "chosen-by-me"


def test_a_database_elsewhere_is_given_whole(state: AppState, world: World) -> None:
    with pytest.raises(UsageError, match="needs values for DB_NAME, DB_PASSWORD, DB_USER"):
        started(plan_of(BY_PARTS), "DB_HOST=db.example.org\n", state, world)


STORE = BackingService(
    kind=ServiceKind.S3,
    name="minio",
    image="minio/minio:latest",
    port=9000,
    user="app",
    buckets=("shop",),
    variables=(
        ServiceVariable(name="S3_BUCKET", template="shop"),
        ServiceVariable(name="S3_ENDPOINT", template="http://{host}:{port}"),
        ServiceVariable(name="S3_KEY", template="{user}"),
        ServiceVariable(name="S3_SECRET", template="{password}"),
    ),
)


@pytest.mark.parametrize(
    ("values", "elsewhere"),
    [
        ({"S3_ENDPOINT": "http://minio:9000", "S3_KEY": "me"}, False),
        ({"S3_BUCKET": "pictures"}, False),
        ({"S3_ENDPOINT": "https://s3.example.org"}, True),
        ({"S3_KEY": "me", "S3_SECRET": "mine"}, True),
    ],
)
def test_keys_without_an_endpoint_are_for_a_store_elsewhere(values: dict[str, str], elsewhere: bool) -> None:
    assert is_elsewhere(STORE, values) is elsewhere


def test_a_store_gets_the_bucket_and_the_keys_that_were_given() -> None:
    values = {
        "S3_ENDPOINT": "http://minio:9000",
        "S3_KEY": "me",
        "S3_SECRET": "mine",
        "S3_BUCKET": "pictures",
    }
    found = given_service(STORE, values)
    assert (found.service.user, found.service.buckets, found.password) == ("me", ("pictures",), "mine")
    assert found.service.variables == ()


@pytest.mark.parametrize(
    ("template", "value", "taken"),
    [
        ("mongodb://{user}:{password}@{host}:{port}/{database}", "mongodb://db:27017/shop", False),
        ("mongodb://{user}:{password}@{host}:{port}/{database}", "mongodb://me:mine@db:27017/shop", True),
        ("redis://{host}:{port}/0", "redis://:mine@db:6379/0", False),
        ("redis://{host}:{port}/0", "redis://db:6379/3", True),
        ("{password}", "mine", True),
        ("{password}", "", False),
    ],
)
def test_what_the_stacks_own_cannot_be_is_not_taken(template: str, value: str, taken: bool) -> None:
    variable = ServiceVariable(name="PLACE", template=template)
    service = BackingService(
        kind=ServiceKind.MONGODB, name="db", image="mongo:8.0", port=27017, variables=(variable,)
    )
    found = given_service(service, {"PLACE": value})
    assert found.service.variables == (() if taken else (variable,))


@pytest.mark.parametrize(
    ("template", "value", "scheme"),
    [
        ("postgresql+psycopg://{host}", "postgresql://x", "postgresql+psycopg"),
        ("postgresql+psycopg://{host}", "postgresql+asyncpg://x", "postgresql+asyncpg"),
        ("mysql+pymysql://{host}", "mysql://x", "mysql+pymysql"),
        ("postgresql://{host}", "mysql://x", "mysql"),
        ("redis://{host}", "rediss://x", "rediss"),
    ],
)
def test_a_scheme_without_a_driver_gets_the_projects(template: str, value: str, scheme: str) -> None:
    found = with_driver(ServiceVariable(name="URL", template=template), value)
    assert found == f"{scheme}://x"
