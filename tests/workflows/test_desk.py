"""The desk's parts that need no engine: its identity, its lock, its folders, and what is noticed."""

import os
import socket
import threading
from pathlib import Path
from typing import Any, cast

import pytest

from okamochi.errors import BuildError, EngineError, PlanError, UsageError
from okamochi.model.development import development_plan, tools_plan
from okamochi.model.lock import Lock, LockedPlatform, LockedWheel
from okamochi.model.plan import AppSource
from okamochi.oci.platform import Platform
from okamochi.oci.reference import Reference
from okamochi.run.ports import TakenPort, choose_port, taken_port_error
from okamochi.run.spec import ContainerState, Running, RunSpec
from okamochi.run.state import UpRecord
from okamochi.system.progress import SilentReporter
from okamochi.system.subprocess_runner import SubprocessRunner
from okamochi.system.world import World
from okamochi.workflows.desk import image as desk_image
from okamochi.workflows.desk.follow import follow
from okamochi.workflows.desk.image import development_image, near_to
from okamochi.workflows.desk.start import (
    Desk,
    make_mount_points,
    refuse_open_ports,
    spec_of,
    started_on_a_port,
)
from okamochi.workflows.dev import DevRequest
from okamochi.workflows.plan import plan_project
from okamochi.workflows.release import release
from okamochi.workflows.running import logs
from okamochi.workflows.starting.apps import UpApp, app_of, apps_of, desk_of, is_desk, running_app
from okamochi.workflows.starting.env_values import Values
from okamochi.workflows.starting.previous import Previous
from tests.detect.plans import FLASK_APP, planned

UPLOADS = FLASK_APP + 'import os\nopen(os.path.join(app.root_path, "uploads", "x"), "w")\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "app.py").write_text(FLASK_APP)
    (folder / "requirements.txt").write_text("flask\n")
    return folder


@pytest.fixture
def world(tmp_path: Path) -> World:
    environ = {"OKAMOCHI_STATE_DIR": str(tmp_path / "state")}
    return World.real(environ, SilentReporter(), offline=True, cache_root=tmp_path / "cache")


def a_desk(project: Path, world: World, engine: object, port: int | None = None) -> Desk:
    plan = planned({"app.py": FLASK_APP})
    return Desk(
        app=desk_of(app_of(project, world), world),
        plan=plan,
        desk_plan=plan,
        reference=Reference.parse("shop:1"),
        image_digest="",
        values=Values((), ()),
        engine=cast(Any, engine),
        world=world,
        port=port,
    )


def record(app: str) -> UpRecord:
    return UpRecord(app=app, engine="docker", container=app, image_reference="shop:1", url="http://x/")


def test_the_desk_is_apart_from_production(project: Path, world: World) -> None:
    app = app_of(project, world)
    desk = desk_of(app, world)
    assert desk.identity == f"{app.identity}-dev" and desk.state.folder != app.state.folder
    assert (is_desk(desk), is_desk(app)) == (True, False)


def test_what_was_started_last_is_meant(project: Path, world: World) -> None:
    app = app_of(project, world)
    desk = desk_of(app, world)
    for number, one in enumerate((desk, app)):
        one.state.put_record(record(one.identity))
        os.utime(one.state.folder / "up.json", (1000 + number, 1000 + number))
    assert apps_of(project, world)[0].identity == app.identity
    assert running_app(project, world).app.identity == app.identity
    app.state.drop_record()
    assert running_app(project, world).app.identity == desk.identity


@pytest.mark.parametrize("desk", [True, False])
def test_either_stack_is_meant_where_that_is_said(project: Path, world: World, desk: bool) -> None:
    app = app_of(project, world)
    with pytest.raises(EngineError) as caught:
        running_app(project, world, desk)
    assert caught.value.hint.startswith("start it: okamochi dev;" if desk else "start it: okamochi up;")
    for one in (app, desk_of(app, world)):
        one.state.put_record(record(one.identity))
    assert is_desk(running_app(project, world, desk).app) == desk
    assert cast(SilentReporter, world.reporter).notes == []


def test_nothing_that_runs_is_an_error_that_says_how_to_start(project: Path, world: World) -> None:
    with pytest.raises(EngineError) as caught:
        running_app(project, world)
    assert "okamochi dev" in str(caught.value.hint)


def test_a_release_without_migrations_is_an_error_that_says_what_makes_one(
    project: Path, world: World
) -> None:
    app = app_of(project, world)
    app.state.put_record(record(app.identity))
    with pytest.raises(UsageError) as caught:
        release(project, world)
    assert "Procfile" in str(caught.value.hint)


def test_the_desks_plan_has_tools_no_source_and_the_users_number() -> None:
    plan = development_plan(planned({"app.py": FLASK_APP}), user=1000, group=100)
    assert {"bash", "git"} <= set(plan.base.packages)
    assert plan.source == AppSource(exclude=("*",))
    assert (plan.security.run_as_user, plan.security.run_as_group) == (1000, 100)
    assert plan.security.read_only_root_filesystem and plan.security.drop_capabilities == ("ALL",)
    assert "debugpy" in plan.dependencies.added


class LateEngine:
    """Somebody takes the port that was chosen, a moment before the first start."""

    name = "podman"

    def __init__(self, listener: socket.socket) -> None:
        self.listener = listener
        self.asked: list[int] = []

    def start(self, spec: RunSpec) -> None:
        self.asked.append(spec.published_port)
        if len(self.asked) == 1:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.listener.bind(("127.0.0.1", spec.published_port))
            self.listener.listen()
            raise taken_port_error(spec.published_port, SubprocessRunner())


@pytest.mark.parametrize("explicit", [False, True])
def test_a_port_that_is_taken_meanwhile_is_left_to_who_has_it(
    project: Path, world: World, explicit: bool
) -> None:
    with socket.socket() as listener:
        engine = LateEngine(listener)
        port = choose_port(8100, explicit=False, runner=world.runner) if explicit else None
        desk = a_desk(project, world, engine, port)
        if explicit:
            with pytest.raises(TakenPort):
                started_on_a_port(desk, Previous(desk.app, world))
            assert len(engine.asked) == 1
            return
        spec = started_on_a_port(desk, Previous(desk.app, world))
        assert engine.asked == [engine.asked[0], spec.published_port]
        assert spec.published_port > engine.asked[0]


class OneAtATime:
    """An engine with one place; what is to be started second does not start at the first try."""

    name = "podman"

    def __init__(self, error: EngineError) -> None:
        self.error: EngineError | None = error
        self.running = "the old one"
        self.kept = ""

    def inspect(self, name: str) -> Running:
        state = ContainerState.RUNNING if self.running else ContainerState.ABSENT
        return Running(name=name, app="", state=state)

    def set_aside(self, name: str, *, grace_seconds: int) -> None:
        self.running, self.kept = "", self.running

    def bring_back(self, name: str) -> None:
        self.running, self.kept = self.kept, ""

    def check(self, name: str, argv: tuple[str, ...]) -> tuple[bool, str]:
        return bool(self.running), ""

    def remove(self, name: str) -> None:
        assert name.endswith("-previous")
        self.kept = ""

    def start(self, spec: RunSpec) -> None:
        assert not self.running
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        self.running = "the new one"


@pytest.mark.parametrize("again", [False, True])
def test_what_ran_before_goes_on_when_the_engine_does_not_start_the_next(
    project: Path, world: World, again: bool
) -> None:
    engine = OneAtATime(EngineError("no room", hint="make some"))
    desk = a_desk(project, world, engine)
    previous = Previous(desk.app, world, cast(Any, engine), "okamochi-shop", 8000)
    with pytest.raises(EngineError, match="no room"):
        started_on_a_port(desk, previous)
    assert (engine.running, engine.kept) == ("the old one", "")
    if again:
        started_on_a_port(desk, previous)
        assert (engine.running, engine.kept) == ("the new one", "")


@pytest.mark.parametrize("ports", [(), (5055,)])
def test_what_others_would_reach_is_ended_before_it_is_told(
    project: Path, world: World, ports: tuple[int, ...]
) -> None:
    ended: list[str] = []

    class Shared:
        name = "host"

        def open_ports(self, name: str) -> tuple[int, ...]:
            return ports

        def stop(self, name: str, *, grace_seconds: int) -> None:
            ended.append(f"stop {name}")

        def remove(self, name: str) -> None:
            ended.append(f"remove {name}")

    desk = a_desk(project, world, Shared())
    spec = spec_of(desk, 8000)
    if not ports:
        refuse_open_ports(desk, spec)
        assert ended == []
        return
    with pytest.raises(EngineError, match=r"every address of this machine \(port 5055\)"):
        refuse_open_ports(desk, spec)
    assert ended == [f"stop {spec.name}", f"remove {spec.name}"]


def test_the_tools_image_has_nothing_of_the_app() -> None:
    plan = tools_plan(planned({"app.py": FLASK_APP}))
    assert plan.dependencies.files == () and plan.dependencies.added == ()
    assert "bash" in plan.base.packages


def wheel(name: str, version: str) -> LockedWheel:
    return LockedWheel(name=name, version=version, filename=f"{name}.whl", sha256="0" * 64)


def lock_of(*wheels: LockedWheel) -> Lock:
    platform = LockedPlatform(platform="linux/amd64", debs=(), wheels=wheels)
    return Lock(
        base_inputs="",
        wheel_inputs="",
        python_version="3.13",
        suite="trixie",
        snapshot="",
        platforms=(platform,),
    )


def test_the_desk_stays_near_to_productions_versions_and_to_its_own_further_ones() -> None:
    production = lock_of(wheel("flask", "3.1.3"))
    own = lock_of(wheel("flask", "3.0.0"), wheel("pytest", "9.0"))
    kept = near_to(production, own).platforms[0].wheels
    assert {one.name: one.version for one in kept} == {"flask": "3.1.3", "pytest": "9.0"}


def test_the_folders_below_volumes_are_the_users(tmp_path: Path) -> None:
    plan = planned({"app.py": UPLOADS})
    make_mount_points(tmp_path, plan, (os.geteuid(), os.getegid()))
    assert (tmp_path / "uploads").is_dir()
    make_mount_points(tmp_path, plan, (os.geteuid(), os.getegid()))  # there already: nothing to do


def test_a_file_in_the_place_of_such_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "uploads").write_text("")
    with pytest.raises(UsageError) as caught:
        make_mount_points(tmp_path, planned({"app.py": UPLOADS}), (0, 0))
    assert "uploads" in caught.value.message


class Stop(Exception):
    """Ctrl-C of a test."""


def test_a_change_of_the_requirements_starts_the_desk_anew_and_a_failure_waits(
    project: Path, world: World
) -> None:
    started: list[str] = []
    edits = ["flask\npytest\n", "broken(\n", "flask\n"]

    def start(request: DevRequest, _: World) -> UpRecord:
        text = (request.path / "requirements.txt").read_text()
        started.append(text)
        if "broken" in text:
            raise BuildError("no such package", hint="write another")
        return record("shop-dev")

    def edit(_: float) -> None:
        if not edits:
            raise Stop
        (project / "requirements.txt").write_text(edits.pop(0))

    told: list[UpRecord] = []
    with pytest.raises(Stop):
        follow(DevRequest(path=project), world, told.append, start=start, pause=edit)
    assert started == ["flask\n", "flask\npytest\n", "broken(\n", "flask\n"]
    assert len(told) == 3


def test_the_log_is_shown_once_however_often_the_desk_starts_anew(
    project: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    over, shown = threading.Event(), []

    def logs(path: Path, *_: object, **__: object) -> int:
        shown.append(path)
        over.wait(10)
        return 0

    monkeypatch.setattr("okamochi.workflows.desk.follow.logs", logs)
    edits = ["flask\npytest\n", "flask\n"]

    def edit(_: float) -> None:
        if not edits:
            raise Stop
        (project / "requirements.txt").write_text(edits.pop(0))

    started: list[UpRecord] = []
    request = DevRequest(path=project)
    with pytest.raises(Stop):
        follow(request, world, started.append, start=lambda *_: record("shop-dev"), pause=edit)
    assert (len(started), len(shown)) == (3, 1)
    over.set()


def test_what_fails_at_first_ends_it(project: Path, world: World) -> None:
    def start(_: DevRequest, __: World) -> UpRecord:
        raise BuildError("no such package", hint="write another")

    with pytest.raises(BuildError):
        follow(DevRequest(path=project), world, lambda _: None, start=start)


def test_what_development_asks_for_and_cannot_be_had_is_told_and_left_out(
    project: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A frozen watchdog 7 is none of it: okamochi's own has no bound that could contradict it."""
    (project / "requirements.txt").write_text("flask\nwatchdog==7.1.0\n")
    (project / "requirements-dev.txt").write_text("pytest\n")
    asked: list[tuple[tuple[str, ...], tuple[str, ...]]] = []

    def built(session: desk_image.DeskSession) -> str:
        found = session.planned.plan.dependencies
        asked.append((found.added, found.files))
        if "requirements-dev.txt" in found.files:
            raise PlanError("cannot be satisfied together", where="requirements-dev.txt:1", hint="loosen one")
        return "the image"

    monkeypatch.setattr(desk_image, "built", built)
    state = desk_of(app_of(project, world), world).state
    planned_project = plan_project(project, world)
    image = development_image(
        planned_project, Platform("linux", "amd64"), state, world, user=1000, group=1000
    )
    assert cast(Any, image) == "the image"
    (first, files), (second, files_then) = asked
    assert first == second and "watchdog" in second and "debugpy" in second
    assert files == ("requirements.txt", "requirements-dev.txt") and files_then == ("requirements.txt",)
    told = "without what development asks for: cannot be satisfied together (requirements-dev.txt:1)"
    assert cast(SilentReporter, world.reporter).notes == [told]


class Speaking:
    """An engine with one web container and a worker beside it."""

    name = "docker"

    def containers(self, app: str) -> tuple[Any, ...]:
        return tuple(
            Running(name=one, app=app, state=ContainerState.RUNNING) for one in (app, f"{app}-worker")
        )

    def logs(self, name: str, tail: int) -> str:
        return f"a line of {name}"


def test_the_log_of_one_process_is_told_alone_and_one_that_is_none_refused(
    project: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_of(project, world)
    up = UpApp(app, cast(Any, Speaking()), record(app.identity))
    monkeypatch.setattr("okamochi.workflows.running.running_app", lambda path, world, desk: up)
    web, worker = f"a line of {app.identity}", f"a line of {app.identity}-worker"
    assert logs(project, world, tail=9, follow=False) == f"web  | {web}\nworker  | {worker}"
    assert logs(project, world, tail=9, follow=False, process="worker") == worker
    with pytest.raises(UsageError, match="no process beat") as caught:
        logs(project, world, tail=9, follow=False, process="beat")
    assert caught.value.hint == "there are web, worker"
