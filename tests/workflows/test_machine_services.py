"""Where an app on the host engine finds its services: what was given, what the machine has, what lacks."""

import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from okamochi.errors import EngineError, UsageError
from okamochi.model.plan import Plan
from okamochi.run.host.engine import HostEngine
from okamochi.run.state import AppState
from okamochi.system.world import World
from okamochi.workflows.starting.env_values import Reading, Values, read_values
from okamochi.workflows.starting.machine_services import with_machine_services
from okamochi.workflows.starting.stack_services import needed_services
from tests.detect.plans import planned
from tests.workflows.told import Told

SOURCE = (
    "import os, redis, rq\nfrom flask import Flask\napp = Flask(__name__)\n"
    "link = redis.from_url(os.environ['REDIS_URL'])\nqueue = rq.Queue('slow', connection=link)\n"
    "queue.enqueue(print)\n"
)
NOTHING = Values((), ())


class FakeRedis(socketserver.ThreadingTCPServer):
    """As much of Redis as is asked: which databases hold something, whether it wants a password."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.filled: set[int] = set()
        self.locked = False
        self.databases = 16

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def reply(self, command: str) -> str:
        if self.locked:
            return "-NOAUTH Authentication required.\r\n"
        verb, _, word = command.partition(" ")
        if verb == "SELECT":
            return "+OK\r\n" if int(word) < self.databases else "-ERR DB index is out of range\r\n"
        if verb == "INFO":
            shown = "redis_version:7.2.4\r\n" if word == "server" else "# Keyspace\r\n"
            shown += "".join(f"db{one}:keys=1,expires=0\r\n" for one in sorted(self.filled))
            return f"${len(shown)}\r\n{shown}\r\n"
        return "+PONG\r\n"


class Answers(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        for line in self.rfile:
            server = cast(FakeRedis, self.server)
            self.wfile.write(server.reply(line.decode().strip()).encode())


@pytest.fixture
def redis() -> Iterator[FakeRedis]:
    with FakeRedis() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def world_with(tmp_path: Path, **environ: str) -> World:
    return World.real(environ, Told(), offline=True, cache_root=tmp_path / "cache")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return world_with(tmp_path)


@pytest.fixture
def state(tmp_path: Path) -> AppState:
    return AppState(tmp_path / "states" / "shop")


def lines(world: World) -> str:
    return "\n".join(cast(Told, world.reporter).lines)


def plan_at(port: int, source: str = SOURCE, requirements: str = "flask\nredis\nrq\n") -> Plan:
    """With its services at that port, which is where this machine would have them."""
    plan = planned({"app.py": source, "requirements.txt": requirements})
    services = tuple(msgspec.structs.replace(one, port=port) for one in plan.services)
    return msgspec.structs.replace(plan, services=services)


def left(plan: Plan, values: Values, state: AppState, world: World) -> list[str]:
    """The names of the processes that are started."""
    engine = HostEngine.of(world)
    return [one.name for one in needed_services(plan, values, engine, state, world).processes]


def test_an_empty_database_of_the_machines_own_redis_serves_and_is_told(
    redis: FakeRedis, state: AppState, world: World
) -> None:
    redis.filled = {0, 2}
    plan = plan_at(redis.port)
    values = with_machine_services(plan, NOTHING, state, world)
    assert dict(values.plain) == {"REDIS_URL": f"redis://127.0.0.1:{redis.port}/1"}
    assert f"database 1 of this machine's own Redis 7.2.4 at 127.0.0.1:{redis.port}" in lines(world)
    assert left(plan, values, state, world) == ["web", "worker"]


def test_the_app_finds_its_own_database_again_and_no_other_app_gets_it(
    redis: FakeRedis, state: AppState, world: World
) -> None:
    plan = plan_at(redis.port)
    first = with_machine_services(plan, NOTHING, state, world)
    other = with_machine_services(plan, NOTHING, AppState(state.folder.with_name("other")), world)
    redis.filled = {0}  # the first one has written meanwhile
    assert with_machine_services(plan, NOTHING, state, world) == first
    assert [dict(one.plain)["REDIS_URL"][-2:] for one in (first, other)] == ["/0", "/1"]


@pytest.mark.parametrize("how", ["locked", "full"])
def test_a_redis_that_may_be_somebody_elses_is_left_alone(
    redis: FakeRedis, state: AppState, world: World, how: str
) -> None:
    redis.locked, redis.databases, redis.filled = how == "locked", 1, {0}
    plan = plan_at(redis.port)
    values = with_machine_services(plan, NOTHING, state, world)
    assert values == NOTHING
    with pytest.raises(EngineError) as raised:
        left(plan, values, state, world)
    assert f"redis: something answers at 127.0.0.1:{redis.port}" in raised.value.details[0]
    assert "REDIS_URL=redis://HOST:PORT/0" in raised.value.hint


def test_what_speaks_another_language_is_no_redis(redis: FakeRedis, state: AppState, world: World) -> None:
    redis.reply = lambda command: "HTTP/1.1 400 Bad Request\r\n"  # type: ignore[method-assign]
    assert with_machine_services(plan_at(redis.port), NOTHING, state, world) == NOTHING


def test_without_a_redis_that_it_can_do_without_the_app_runs_and_its_worker_does_not(
    redis: FakeRedis, state: AppState, world: World
) -> None:
    redis.locked = True
    source = SOURCE.replace("os.environ['REDIS_URL']", "os.environ.get('REDIS_URL', '')")
    plan = plan_at(redis.port, source)
    values = with_machine_services(plan, NOTHING, state, world)
    assert left(plan, values, state, world) == ["web"]
    assert "no REDIS_URL was given; the app starts without it" in lines(world)
    assert "worker is not started: its queue is in redis" in lines(world)


def test_an_address_of_the_users_own_shell_counts_and_is_told(
    redis: FakeRedis, tmp_path: Path, state: AppState
) -> None:
    world = world_with(tmp_path, DATABASE_URL=f"postgresql://me:geheim@localhost:{redis.port}/shop")
    source = "import os\nfrom flask import Flask\napp = Flask(__name__)\nurl = os.environ['DATABASE_URL']\n"
    plan = plan_at(5432, source, "flask\npsycopg\n")
    here = Reading(on_this_machine=True)
    values = read_values(plan, None, state, world, project=tmp_path, reading=here)
    assert values.secret_names == ("DATABASE_URL",)
    with_machine_services(plan, values, state, world)
    assert "db: DATABASE_URL of this shell's environment" in lines(world)
    assert f"db is at localhost:{redis.port} (DATABASE_URL)" in lines(world)
    assert "geheim" not in lines(world)
    given = tmp_path / "prod.env"
    given.write_text("DATABASE_URL=postgresql://me:other@db.example.org/shop\n")
    read_values(plan, given, state, world, project=tmp_path, reading=here)
    assert state.secrets()["DATABASE_URL"].endswith("@db.example.org/shop")
    # a container does not see this machine's loopback: on an engine the shell does not count
    assert read_values(plan, None, state, world, project=tmp_path).secret_names == ()


def test_a_database_that_is_given_in_part_is_asked_for_whole(state: AppState, world: World) -> None:
    source = (
        "import os\nfrom flask import Flask\napp = Flask(__name__)\n"
        "host, user, word = os.environ['DB_HOST'], os.environ['DB_USER'], os.environ['DB_PASSWORD']\n"
    )
    plan = planned({"app.py": source, "requirements.txt": "flask\npsycopg\n"})
    given = state.folder.parent / "some.env"
    given.parent.mkdir(parents=True, exist_ok=True)
    given.write_text("DB_HOST=db.example.org\n")
    with pytest.raises(UsageError, match="needs values for DB_PASSWORD, DB_USER"):
        read_values(plan, given, state, world, project=given.parent)


def test_a_given_address_where_nobody_answers_is_told(state: AppState, world: World) -> None:
    plan = plan_at(6379)
    unused: Any = ("REDIS_URL", "redis://127.0.0.1:1/0")
    with_machine_services(plan, Values((unused,), ()), state, world)
    assert "redis: nothing answers at 127.0.0.1:1 (REDIS_URL)" in lines(world)


def test_code_that_has_localhost_fixed_is_on_this_machine_and_told_whether_anything_answers(
    tmp_path: Path,
) -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), Answers) as server:
        port = server.server_address[1]
        source = (
            f"import redis\nfrom flask import Flask\napp = Flask(__name__)\nr = redis.Redis(port={port})\n"
        )
        plan = planned({"app.py": source, "requirements.txt": "flask\nredis\n"})
        state, told = AppState(tmp_path / "shop"), Told()
        world = World.real({}, told, offline=True, cache_root=tmp_path / "cache")
        assert with_machine_services(plan, NOTHING, state, world) == NOTHING
    assert told.lines == [
        f"redis: the code itself looks for it at 127.0.0.1:{port}, on this machine, where something answers"
    ]
    with_machine_services(plan, NOTHING, state, world)
    assert told.lines[-1].endswith("where nothing answers")
    left = needed_services(plan, NOTHING, HostEngine.of(world), state, world)
    assert left.services == ()
    assert left.doors
