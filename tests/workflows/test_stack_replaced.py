"""In which order a stack that serves is replaced."""

import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from msgspec import structs

from okamochi.errors import EngineError, UnhealthyError
from okamochi.model.codec import plan_to_json
from okamochi.model.plan import Plan
from okamochi.oci.reference import Reference
from okamochi.run.compose import ComposeProject, ServiceState
from okamochi.run.docker import DockerEngine
from okamochi.run.spec import EngineFacts, RunSpec
from okamochi.run.state import AppState, UpRecord
from okamochi.run.wait import FailingPage, GoesOn
from okamochi.system.process import Completed
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.starting import stack as stack_module
from okamochi.workflows.starting.apps import App
from okamochi.workflows.starting.env_values import Values
from okamochi.workflows.starting.stack import Stack, new_stack
from tests.detect.plans import planned
from tests.recorded_runner import RecordedRunner, answer

SOURCE = "import os\nfrom flask import Flask\napp = Flask(__name__)\nurl = os.environ['DATABASE_URL']\n"


def plan_of(procfile: str) -> Plan:
    files = {"requirements.txt": "flask\npsycopg\nrq\n", "app.py": SOURCE, "Procfile": procfile}
    return planned(files)


def stack_before(plan: Plan, folder: Path, runner: RecordedRunner, *, served: bool = True) -> Stack:
    """A stack that was started once, and `served` then or not."""
    real = World.real({}, SilentReporter(), offline=True, cache_root=folder)
    world = structs.replace(real, runner=runner)
    app = App("shop-123456", folder, AppState.of(folder / "state", "shop-123456"))
    for name in ("shop:1", "shop:2"):
        stack = new_stack(
            app, plan, Reference.parse(name), Values((), ()), 8000, DockerEngine(runner, {}), world
        )
        if served:
            app.state.put_record(
                UpRecord(app=app.identity, engine="docker", container=stack.web, image_reference=name)
            )
    return stack


def next_start(before: Stack, plan: Plan, image: str) -> Stack:
    """As the next `up` begins."""
    given, reference = Values((), ()), Reference.parse(image)
    return new_stack(before.app, plan, reference, given, 8000, before.engine, before.world)


def came_up(stack: Stack, plan: Plan) -> None:
    spec = RunSpec(name=stack.web, app="shop-123456", image_reference="shop:1", process=plan.web)
    stack.start(spec, plan, lambda engine, name: None)


def started(runner: RecordedRunner) -> list[tuple[str, ...]]:
    """What each `docker compose up` was asked to start, with the flags that matter."""
    given = ("--detach", "--no-build", "--remove-orphans")
    calls = (one[one.index("up") + 1 :] for one in runner.calls if "up" in one)
    return [tuple(word for word in words if word not in given) for words in calls]


@pytest.fixture
def runner() -> RecordedRunner:
    return RecordedRunner(
        {
            ("docker", "info"): answer('{"ServerVersion": "28.5.2"}'),
            ("docker", "compose", "version"): answer("2.26.1"),
            ("docker", "compose"): answer(),
            ("docker", "wait"): answer("0"),
            ("docker", "ps"): answer(),
            ("docker", "exec"): answer(),
        }
    )


def test_web_waits_for_its_migration_and_for_no_worker(tmp_path: Path, runner: RecordedRunner) -> None:
    plan = plan_of("web: gunicorn app:app\nworker: rq worker high\nrelease: flask db upgrade\n")
    stack_before(plan, tmp_path, runner).started(plan)
    first, second, *both = started(runner)
    assert (first, second) == (("--no-deps", "secrets"), ("db", "release"))
    assert sorted(both) == [("--no-deps", "web"), ("--no-deps", "worker")]


class BothAtOnce(RecordedRunner, frozen=True):
    """An engine that changes web only when its workers are being changed, too, and the other way round."""

    met: threading.Barrier = msgspec.field(default_factory=partial(threading.Barrier, 2))

    def run(self, argv: Sequence[str], **options: Any) -> Completed:
        if argv[-1] in ("web", "worker"):
            self.met.wait(20)
        return super().run(argv, **options)


def test_web_and_workers_are_replaced_at_the_same_time(tmp_path: Path, runner: RecordedRunner) -> None:
    plan = plan_of("web: gunicorn app:app\nworker: rq worker high\n")
    both = BothAtOnce(runner.answers)
    stack_before(plan, tmp_path, both).started(plan)
    removing = [call[-1] for call in both.calls if "--no-deps" in call and "--remove-orphans" in call]
    assert removing == ["secrets", "web"]  # two would remove the same container


def test_a_worker_that_cannot_be_replaced_is_told_when_web_was(
    tmp_path: Path, runner: RecordedRunner
) -> None:
    plan = plan_of("web: gunicorn app:app\nworker: rq worker high\n")
    without = NoWorker(runner.answers)
    with pytest.raises(EngineError, match="could not be started"):
        stack_before(plan, tmp_path, without).started(plan)
    assert ("--no-deps", "web") in started(without)


class NoWorker(RecordedRunner, frozen=True):
    def run(self, argv: Sequence[str], **options: Any) -> Completed:
        done = super().run(argv, **options)
        return answer(returncode=1, stderr="no space left on device") if argv[-1] == "worker" else done


def test_without_a_migration_it_waits_for_its_database(tmp_path: Path, runner: RecordedRunner) -> None:
    plan = plan_of("web: gunicorn app:app\n")
    stack_before(plan, tmp_path, runner).started(plan)
    assert started(runner) == [("--no-deps", "secrets"), ("--wait", "db"), ("--no-deps", "web")]


def test_a_migration_that_fails_leaves_web_alone(tmp_path: Path, runner: RecordedRunner) -> None:
    plan = plan_of("web: gunicorn app:app\nrelease: flask db upgrade\n")
    failing = dict(runner.answers) | {("docker", "wait"): answer("1")}
    runner = RecordedRunner(failing)
    with pytest.raises(EngineError):
        stack_before(plan, tmp_path, runner).started(plan)
    assert started(runner) == [("--no-deps", "secrets"), ("db", "release")]


def test_a_stack_that_never_served_is_nothing_to_come_back_to(tmp_path: Path, runner: RecordedRunner) -> None:
    plan = plan_of("web: gunicorn app:app\nrelease: flask db upgrade\n")
    stack = stack_before(plan, tmp_path, runner, served=False)
    stack.started(plan)
    stack.come_back({})
    assert started(runner) == [()]  # all at once, nothing of the former
    assert "down" in runner.calls[-1]


class Interrupted(RecordedRunner, frozen=True):
    """Ctrl-C while web is being replaced by "shop:2"; what comes back is let alone."""

    def run(self, argv: Sequence[str], **options: Any) -> Completed:
        done = super().run(argv, **options)
        env = options.get("env") or {}
        if argv[-2:] == ("--no-deps", "web") and env.get("OKAMOCHI_IMAGE") == "shop:2":
            raise KeyboardInterrupt
        return done


@pytest.mark.parametrize(
    "procfile", ["web: gunicorn app:app\n", "web: gunicorn app:app\nworker: rq worker\n"]
)
def test_after_ctrl_c_in_the_middle_of_a_replacement_what_came_back_is_no_container_that_is_being_stopped(
    tmp_path: Path, runner: RecordedRunner, procfile: str
) -> None:
    plan = plan_of(procfile)
    interrupted = Interrupted(runner.answers)
    stack = stack_before(plan, tmp_path, interrupted)
    stack.app.state.put_plan(plan_to_json(plan))
    spec = RunSpec(name=stack.web, app="shop-123456", image_reference="shop:2", process=plan.web)
    with pytest.raises(KeyboardInterrupt):
        stack.start(spec, plan, lambda engine, name: None)
    verbs = [next((verb for verb in ("up", "stop") if verb in one), "") for one in interrupted.calls]
    stop = verbs.index("stop")
    assert interrupted.calls[stop][-len(plan.processes) :] == tuple(
        sorted(one.name for one in plan.processes)
    )
    assert "up" in verbs[stop:], "what was stopped is started again"
    assert "bringing back what ran before" in stack.world.reporter.notes  # type: ignore[attr-defined]


def healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack_module, "wait_until_healthy", lambda *_: SimpleNamespace(note=""))
    monkeypatch.setattr(stack_module, "ailing_parts", lambda *_, **__: ())


def test_after_an_up_that_was_killed_the_next_one_knows_what_served(
    tmp_path: Path, runner: RecordedRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    healthy(monkeypatch)
    plan = plan_of("web: gunicorn app:app\n")
    served = stack_before(plan, tmp_path, runner)
    came_up(served, plan)
    next_start(served, plan, "shop:3")  # and then the machine lost its power
    failing = next_start(served, plan, "shop:4")
    variables = msgspec.json.decode((failing.before or {})["compose.env.json"])
    assert variables["OKAMOCHI_IMAGE"] == "shop:2"
    served.app.state.put_plan(plan_to_json(plan))
    failing.come_back({})
    assert ("--no-deps", "web") in started(runner)[-1:], (
        "though what runs is what there was before this start"
    )


@pytest.mark.parametrize("served", [True, False])
def test_a_page_that_fails_takes_the_place_of_nothing_that_served(
    tmp_path: Path, runner: RecordedRunner, monkeypatch: pytest.MonkeyPatch, served: bool
) -> None:
    """Else it goes on, so that a command inside may mend it: it was told to, and ended."""
    healthy(monkeypatch)
    plan = plan_of("web: gunicorn app:app\n")
    stack = stack_before(plan, tmp_path, runner, served=served)
    if served:
        came_up(stack, plan)
        stack = next_start(stack, plan, "shop:3")
        row = ServiceState("web", "running", 0)
        monkeypatch.setattr(ComposeProject, "rows", lambda _: (row,))

    def page_fails(*_: object) -> None:
        raise FailingPage("GET / answered 500", where="web", hint="see its log")

    monkeypatch.setattr(stack_module, "wait_until_healthy", page_fails)
    spec = RunSpec(name=stack.web, app="shop-123456", image_reference="shop:3", process=plan.web)
    before = len(runner.calls)
    if served:
        with pytest.raises(UnhealthyError, match="GET / answered 500") as raised:
            stack.start(spec, plan, lambda engine, name: None)
        assert not isinstance(raised.value, GoesOn)
        assert "bringing back what ran before" in stack.world.reporter.notes  # type: ignore[attr-defined]
    else:
        assert isinstance(stack.start(spec, plan, lambda engine, name: None), FailingPage)
        assert not any("down" in call for call in runner.calls[before:])
        assert next_start(stack, plan, "shop:4").before is None


def test_what_the_engine_does_otherwise_is_the_former_s_again(
    tmp_path: Path, runner: RecordedRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On podman: an override of a worker that the former stack has not is refused by Compose."""
    monkeypatch.setattr(
        DockerEngine, "facts", lambda _: EngineFacts(name="docker", restart="always", detail="28.5.2")
    )
    plan = plan_of("web: gunicorn app:app\n")
    stack = next_start(stack_before(plan, tmp_path, runner), plan_of("web: x\nworker: rq worker\n"), "shop:3")
    override = stack.app.state.folder / "compose.engine.yaml"
    assert "worker" in override.read_text()
    stack.come_back({})
    assert "web" in override.read_text() and "worker" not in override.read_text()
