"""Which services the host engine starts itself, and how the app is told where they are."""

import os
import socket
from pathlib import Path
from typing import cast

import pytest

from okamochi.debian.workshop import Workshop
from okamochi.errors import EngineError, RegistryError
from okamochi.model.plan import Plan
from okamochi.run.host.engine import HostEngine
from okamochi.run.host.servers.running import HostServer
from okamochi.run.state import AppState
from okamochi.system.world import World
from okamochi.workflows.starting import machine_services, own_addresses, own_servers
from okamochi.workflows.starting.apps import App
from okamochi.workflows.starting.env_values import Values
from okamochi.workflows.starting.machine_services import with_machine_services
from okamochi.workflows.starting.own_addresses import startable, with_own_servers
from okamochi.workflows.starting.own_servers import start_own_servers
from okamochi.workflows.starting.stack_services import refuse_absent
from tests.detect.plans import planned
from tests.workflows.told import Told

NOTHING = Values((), ())
READS = "import os\nfrom flask import Flask\napp = Flask(__name__)\n"
POSTGRES = {
    "app.py": f"{READS}import psycopg\npsycopg.connect(os.environ['DATABASE_URL'])\n",
    "requirements.txt": "flask\npsycopg[binary]\n",
}
REDIS = {
    "app.py": f"{READS}import redis\nredis.from_url(os.environ['REDIS_URL'])\n",
    "requirements.txt": "flask\nredis\n",
}
PAIR = {
    "app.py": f"{READS}import redis\n"
    "redis.Redis(host=os.environ['REDIS_HOST'], port=int(os.environ['REDIS_PORT']))\n",
    "requirements.txt": "flask\nredis\n",
}
MONGO = {
    "app.py": f"{READS}import pymongo\npymongo.MongoClient(os.environ['MONGO_URL'])\n",
    "requirements.txt": "flask\npymongo\n",
}


SQLITE_TOO = {
    "app.py": f"{READS}from flask_sqlalchemy import SQLAlchemy\n"
    "app.config['SQLALCHEMY_DATABASE_URI'] = os.environ.get('DATABASE_URL', 'sqlite:///shop.db')\n"
    "db = SQLAlchemy(app)\n",
    "requirements.txt": "flask-sqlalchemy\npsycopg[binary]\n",
}


@pytest.fixture
def world(tmp_path: Path) -> World:
    environ = {**os.environ, "OKAMOCHI_STATE_DIR": str(tmp_path / "states")}
    return World.real(environ, Told(), offline=True, cache_root=tmp_path / "cache")


@pytest.fixture
def app(tmp_path: Path) -> App:
    return App("shop-1", tmp_path, AppState(tmp_path / "states" / "shop-1"))


@pytest.fixture(autouse=True)
def _able(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HostEngine, "starts_servers", True)


def told(app: App, files: dict[str, str], world: World) -> tuple[Plan, Values, dict[str, str]]:
    plan = planned(files)
    values = with_own_servers(plan, NOTHING, HostEngine.of(world), app, world)
    return plan, values, values.known(app.state)


def test_an_address_with_a_password_is_a_secret_and_the_same_the_next_time(app: App, world: World) -> None:
    plan, values, known = told(app, POSTGRES, world)
    assert values.secret_names == ("DATABASE_URL",)
    own = app.state.own_servers()[0]
    password = app.state.secrets()["DB_PASSWORD"]
    user, database = plan.services[0].user, plan.services[0].database
    assert known["DATABASE_URL"] == f"postgresql://{user}:{password}@{own.address}:{own.port}/{database}"
    refuse_absent(plan, values, HostEngine.of(world), app.state)
    assert told(app, POSTGRES, world)[2] == known
    assert password not in "".join(cast(Told, world.reporter).lines)


def test_a_redis_has_a_password_where_an_address_can_hold_one(app: App, world: World) -> None:
    values, known = told(app, REDIS, world)[1:]
    assert values.secret_names == ("REDIS_URL",)
    own = app.state.own_servers()[0]
    assert known["REDIS_URL"].startswith(f"redis://:{app.state.secrets()['REDIS_PASSWORD']}@{own.address}:")
    values, known = told(app, PAIR, world)[1:]
    assert (values.secret_names, known["REDIS_HOST"]) == ((), own.address)
    assert known["REDIS_PORT"] == str(own.port)


def test_a_password_of_its_own_variable_outlives_down_as_the_data_does(app: App, world: World) -> None:
    parts = ", ".join(
        f"{word}=os.environ['DB_{name}']"
        for word, name in (("host", "HOST"), ("port", "PORT"), ("user", "USER"), ("password", "PASSWORD"))
    )
    files = {
        "app.py": f"{READS}import psycopg\npsycopg.connect({parts}, dbname=os.environ['DB_NAME'])\n",
        "requirements.txt": "flask\npsycopg[binary]\n",
    }
    values, known = told(app, files, world)[1:]
    assert values.secret_names == ("DB_PASSWORD",)
    own = app.state.own_servers()[0]
    assert (known["DB_HOST"], known["DB_PORT"]) == (own.address, str(own.port))
    app.state.forget_given_secrets()
    assert app.state.secrets()["DB_PASSWORD"] == known["DB_PASSWORD"]


def test_what_is_given_is_not_started_and_what_nobody_packages_stays_missing(app: App, world: World) -> None:
    given = Values((("DATABASE_URL", "postgresql://a:b@elsewhere/c"),), ())
    assert with_own_servers(planned(POSTGRES), given, HostEngine.of(world), app, world) == given
    assert app.state.own_servers() == ()
    assert told(app, MONGO, world)[1] == NOTHING


def test_a_port_that_somebody_took_meanwhile_is_left_to_them(app: App, world: World) -> None:
    told(app, POSTGRES, world)
    before = app.state.own_servers()[0]
    assert before.port == 5432
    assert before.address.startswith("127.") and not before.address.startswith("127.0.")
    with socket.socket() as other:
        other.bind((before.address, before.port))
        other.listen()
        known = told(app, POSTGRES, world)[2]
    after = app.state.own_servers()[0]
    assert (after.address, after.port) != (before.address, before.port)
    assert f"@{after.address}:{after.port}/" in known["DATABASE_URL"]


def test_a_port_that_is_taken_before_the_start_is_left_and_the_app_is_told_of_the_other(
    app: App, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    places: list[tuple[str, int]] = []

    def start(server: HostServer) -> int:
        places.append((server.access.address, server.access.port))
        return os.getpid()

    monkeypatch.setattr(HostServer, "start", start)
    monkeypatch.setattr(own_servers, "server_root", lambda *_: app.root)
    monkeypatch.setattr(Workshop, "hold", lambda *_, **__: None)
    plan, values, _ = told(app, POSTGRES, world)
    before = app.state.own_servers()[0]
    with socket.socket() as other:
        other.bind((before.address, before.port))
        other.listen()
        values = start_own_servers(plan.services, values, HostEngine.of(world), app, world)
    after = app.state.own_servers()[0]
    assert places == [(after.address, after.port)] != [(before.address, before.port)]
    assert f"@{after.address}:{after.port}/" in values.known(app.state)["DATABASE_URL"]


@pytest.mark.parametrize("required", [True, False])
def test_where_its_packages_cannot_be_had_an_app_that_can_goes_without(
    required: bool, app: App, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> Path:
        raise RegistryError("the archive is out of reach", hint="later")

    monkeypatch.setattr(own_servers, "server_root", refused)
    plan, values, _ = told(app, POSTGRES if required else SQLITE_TOO, world)
    assert values.secret_names == ("DATABASE_URL",)
    if required:
        with pytest.raises(RegistryError, match="out of reach"):
            start_own_servers(plan.services, values, HostEngine.of(world), app, world)
        return
    assert start_own_servers(plan.services, NOTHING, HostEngine.of(world), app, world) == NOTHING
    assert app.state.own_servers() == ()
    assert "db: the archive is out of reach; the app starts without it" in cast(Told, world.reporter).lines


@pytest.mark.parametrize("taken", [False, True])
def test_code_that_has_the_address_fixed_gets_a_server_there_unless_somebody_answers(
    taken: bool, app: App, world: World
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = int(other.getsockname()[1])
        if taken:
            other.listen()
        else:
            other.close()
        files = {
            "app.py": f"{READS}import psycopg\n"
            f"psycopg.connect('postgresql://shop:geheim@localhost:{port}/shop')\n",
            "requirements.txt": "flask\npsycopg[binary]\n",
        }
        for path, text in files.items():
            (app.root / path).write_text(text)
        plan = planned(files)
        engine = HostEngine.of(world)
        values = with_machine_services(plan, NOTHING, app.state, world, startable=startable(engine))
        assert with_own_servers(plan, values, engine, app, world) == NOTHING
    lines = "\n".join(cast(Told, world.reporter).lines)
    assert [one.port for one in app.state.own_servers()] == ([] if taken else [port])
    assert ("where something answers" in lines) == taken
    assert "where nothing answers" not in lines
    if not taken:
        assert app.state.secrets()["DB_PASSWORD"] == "geheim"


NAMED = {
    "app.py": f"{READS}import psycopg\npsycopg.connect('postgresql://shop:geheim@database/shop')\n",
    "requirements.txt": "flask\npsycopg[binary]\n",
}


@pytest.mark.parametrize("taken", [False, True])
def test_code_that_names_a_host_gets_a_server_of_that_name_at_the_usual_port(
    taken: bool, app: App, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (app.root / "app.py").write_text(NAMED["app.py"])
    plan, engine = planned(NAMED), HostEngine.of(world)
    if taken:
        monkeypatch.setattr(own_addresses, "is_free", lambda *_: False)
    assert with_own_servers(plan, NOTHING, engine, app, world) == NOTHING
    if taken:
        assert app.state.own_servers() == ()
        with pytest.raises(EngineError, match="missing") as caught:
            refuse_absent(plan, NOTHING, engine, app.state)
        assert "looks for it at database:5432; a line of /etc/hosts" in caught.value.details[0]
        return
    refuse_absent(plan, NOTHING, engine, app.state)
    assert [(one.name, one.port) for one in app.state.own_servers()] == [("database", 5432)]
    assert app.state.secrets()["DATABASE_PASSWORD"] == "geheim"


def test_a_name_that_this_machine_knows_already_is_left_as_it_is(
    app: App, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As that of a job's service container in GitLab CI."""
    monkeypatch.setattr(machine_services, "answers", lambda host, _: host == "database")
    plan = planned(NAMED)
    engine = HostEngine.of(world)
    with_machine_services(plan, NOTHING, app.state, world, startable=startable(engine))
    assert with_own_servers(plan, NOTHING, engine, app, world) == NOTHING
    assert app.state.own_servers() == ()
    refuse_absent(plan, NOTHING, engine, app.state)
    assert "at database:5432, where something answers" in "".join(cast(Told, world.reporter).lines)


def test_an_app_that_keeps_its_data_in_sqlite_goes_on_with_that(app: App, world: World) -> None:
    assert "DATABASE_URL" in told(app, SQLITE_TOO, world)[2]
    app.state.put_own_servers(())
    (app.state.folder / "volumes/instance").mkdir(parents=True)
    assert told(app, SQLITE_TOO, world)[1] == NOTHING
    (app.state.folder / "volumes/db-data").mkdir()
    assert "DATABASE_URL" in told(app, SQLITE_TOO, world)[2]


def test_a_machine_that_lets_no_server_run_misses_them_as_before(
    app: App, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HostEngine, "starts_servers", False)
    assert told(app, POSTGRES, world)[1] == NOTHING
