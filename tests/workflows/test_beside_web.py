"""Release, workers and schedulers where no Compose starts them."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import msgspec
import pytest

from okamochi.errors import EngineError, UnhealthyError
from okamochi.model.process import ProcessType
from okamochi.run.beside import Watch
from okamochi.run.engine import Engine
from okamochi.run.spec import ContainerState, Running, RunSpec
from okamochi.run.wait import FailingBeside
from okamochi.system.process import Completed
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.starting import beside_web
from okamochi.workflows.starting.beside_web import production_command, run_releases, start_workers
from tests.detect.plans import FLASK_APP, planned
from tests.recorded_runner import answer

PLAN = planned(
    {
        "requirements.txt": "flask\nrq\n",
        "app.py": FLASK_APP,
        "alembic.ini": "[alembic]\n",
        "Procfile": "web: gunicorn app:app\nworker: rq worker high\n",
    }
)
WEB = RunSpec(
    name="okamochi-shop",
    app="shop",
    image_reference="shop:1",
    process=PLAN.web,
    environment=(("OKAMOCHI_HEALTH_PATH", "/"), ("PORT", "8000")),
    secret_names=("SECRET_KEY",),
    published_port=8000,
)


class FakeEngine:
    """Keeps what it was asked to run."""

    name = "host"

    def __init__(self, done: Completed, *, ends: bool = False, starts: bool = True) -> None:
        self.done, self.ends, self.starts = done, ends, starts
        self.specs: list[RunSpec] = []
        self.former: tuple[str, ...] = ()
        self.removed: list[str] = []

    def containers(self, app: str = "") -> tuple[Running, ...]:
        return tuple(Running(name=one, app=app, state=ContainerState.RUNNING) for one in self.former)

    def stop(self, name: str, *, grace_seconds: int) -> None:
        assert grace_seconds > 3  # what it does is ended in its own time

    def remove(self, name: str) -> None:
        self.removed.append(name)

    def run_once(self, spec: RunSpec) -> Completed:
        self.specs.append(spec)
        return self.done

    def start(self, spec: RunSpec) -> Running:
        self.specs.append(spec)
        if not self.starts:
            raise EngineError("no room", hint="make some")
        return self.inspect(spec.name)

    def inspect_each(self, names: Sequence[str]) -> dict[str, Running]:
        return {name: self.inspect(name) for name in names}

    def inspect(self, name: str) -> Running:
        state = ContainerState.EXITED if self.ends else ContainerState.RUNNING
        return Running(name=name, app="shop", state=state)

    def logs(self, name: str, *, tail: int = 200) -> str:
        return "Connection refused"


class Warnings(SilentReporter):
    def __init__(self) -> None:
        self.told: list[str] = []

    def warn(self, text: str) -> None:
        self.told.append(text)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(beside_web, "WATCH", Watch(steady_seconds=0, still_seconds=0))
    return World.real({}, Warnings(), offline=True, cache_root=tmp_path / "cache")


def warnings(world: World) -> list[str]:
    return cast(Warnings, world.reporter).told


def test_migrations_run_to_their_end_under_their_lock_and_without_a_port(world: World) -> None:
    engine = FakeEngine(answer(b"done"))
    run_releases(PLAN, WEB, production_command(PLAN, WEB), cast(Engine, engine), world)
    (spec,) = engine.specs
    assert spec.process.argv[-2:] == ("upgrade", "head")
    assert "/opt/okamochi/migrate.py" in spec.process.argv
    assert "/opt/okamochi/secret_files.py" in spec.process.argv
    assert (spec.name, spec.published_port) == ("okamochi-shop-release", 0)
    assert "OKAMOCHI_HEALTH_PATH" not in dict(spec.environment)


def test_a_migration_that_fails_stops_the_start_with_its_words(world: World) -> None:
    engine = FakeEngine(answer(b"line\nRuntimeError: no such luck", returncode=1))
    with pytest.raises(UnhealthyError) as raised:
        run_releases(PLAN, WEB, production_command(PLAN, WEB), cast(Engine, engine), world)
    assert raised.value.details[-1] == "RuntimeError: no such luck"
    assert raised.value.process == "release"


def test_a_worker_runs_with_its_heartbeat_beside_web(world: World) -> None:
    engine = FakeEngine(answer())
    start_workers(PLAN, WEB, production_command(PLAN, WEB), cast(Engine, engine), world)
    (spec,) = engine.specs
    assert (spec.name, spec.app) == ("okamochi-shop-worker", "shop")
    assert "/opt/okamochi/heartbeat.py" in spec.process.argv
    assert dict(spec.environment)["OKAMOCHI_HEARTBEAT_FILE"]
    assert warnings(world) == []


def test_workers_of_the_up_before_make_room_though_the_plan_has_them_no_more(world: World) -> None:
    engine = FakeEngine(answer())
    engine.former = ("okamochi-shop", "okamochi-shop-beat", "okamochi-shop-previous", "okamochi-shop-worker")
    start_workers(PLAN, WEB, production_command(PLAN, WEB), cast(Engine, engine), world)
    assert engine.removed == ["okamochi-shop-beat", "okamochi-shop-worker"]


def test_a_worker_of_which_nothing_is_known_has_no_health_check(world: World) -> None:
    engine = FakeEngine(answer())
    mute = tuple(
        msgspec.structs.replace(one, probe=None) if one.type is ProcessType.WORKER else one
        for one in PLAN.processes
    )
    web = msgspec.structs.replace(WEB, healthcheck=("check",))
    muted = msgspec.structs.replace(PLAN, processes=mute)
    start_workers(muted, web, production_command(muted, web), cast(Engine, engine), world)
    start_workers(PLAN, web, production_command(PLAN, web), cast(Engine, engine), world)
    assert [one.healthcheck for one in engine.specs] == [(), ("check",)]


@pytest.mark.parametrize(
    ("engine", "says"),
    [
        (FakeEngine(answer(), ends=True), "worker ended with exit code 0"),
        (FakeEngine(answer(), starts=False), "worker did not start: no room"),
    ],
    ids=["ends at once", "does not start"],
)
def test_a_worker_that_does_not_run_is_an_error_and_web_serves_on(
    world: World, engine: FakeEngine, says: str
) -> None:
    with pytest.raises(FailingBeside) as raised:
        start_workers(PLAN, WEB, production_command(PLAN, WEB), cast(Engine, engine), world)
    assert says in raised.value.message
    assert raised.value.details[-1] == "Connection refused"
    assert "goes on" in raised.value.hint


def test_a_plan_of_web_alone_runs_nothing(world: World) -> None:
    web = tuple(one for one in PLAN.processes if one.type is ProcessType.WEB)
    engine = FakeEngine(answer())
    alone = msgspec.structs.replace(PLAN, processes=web)
    run_releases(alone, WEB, production_command(alone, WEB), cast(Engine, engine), world)
    start_workers(alone, WEB, production_command(alone, WEB), cast(Engine, engine), world)
    assert engine.specs == []
