"""The answer that is there before the layers are."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from okamochi.build.configuration import image_configuration
from okamochi.errors import BuildError
from okamochi.oci.entry import directory, file
from okamochi.oci.packing import LayerRequest, Part
from okamochi.oci.platform import LINUX_AMD64, LINUX_ARM64, Platform
from okamochi.run.host.engine import HostEngine
from okamochi.run.proof import trial
from okamochi.run.proof.answer import Answer
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.proving import early_proof
from okamochi.workflows.proving.early_proof import EarlyProof
from tests.detect.plans import planned

LAYERS = (
    LayerRequest(parts=(Part.of([directory("app", "app"), file("app/app.py", "app", b"x = 1\n")]),)),
    LayerRequest(parts=(Part.of([directory("etc", "kit"), file("etc/motd", "kit", b"hello\n")]),)),
)
Asked = list[dict[str, Any]]
Start = Callable[..., EarlyProof]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.real({}, SilentReporter(), cache_root=tmp_path / "cache")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What the app was asked with, and what lay there; nothing is run."""
    found: Asked = []

    def ask(engine: Any, reference: str, plan: Any, values: Any) -> Answer:
        root = Path(engine._image.root)
        names = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
        found.append({"names": names, "values": values, "root": root})
        return Answer(outcome="proved")

    monkeypatch.setattr(trial, "ask", ask)
    monkeypatch.setattr(early_proof, "native_platforms", lambda: (LINUX_AMD64,))
    return found


@pytest.fixture
def start(world: World) -> Start:
    def started(
        early: EarlyProof, *, ready: Callable[[], object] = lambda: None, platform: Platform = LINUX_AMD64
    ) -> EarlyProof:
        plan = planned(
            {"app.py": "from flask import Flask\napp = Flask(__name__)\n", "requirements.txt": "flask\n"}
        )
        early.start(plan, image_configuration(plan, platform, created=""), LAYERS, ready)
        return early

    return started


def test_the_app_is_asked_where_all_layers_lie(world: World, asked: Asked, start: Start) -> None:
    early = start(EarlyProof(world, {"COLOUR": "blue"}))
    assert early.answer() == Answer(outcome="proved")
    (once,) = asked
    assert {"app/app.py", "etc/motd"} <= set(once["names"])
    assert once["values"]["COLOUR"] == "blue"


def test_nothing_is_asked_of_an_image_for_another_machine(world: World, asked: Asked, start: Start) -> None:
    assert start(EarlyProof(world, {}), platform=LINUX_ARM64).answer() is None
    assert not asked


def test_without_a_start_there_is_no_answer_and_no_waiting(world: World) -> None:
    assert EarlyProof(world, {}).answer() is None


def test_a_build_that_fails_meanwhile_has_no_answer(world: World, asked: Asked, start: Start) -> None:
    def fail() -> None:
        raise BuildError("it does not compile", hint="mend it")

    assert start(EarlyProof(world, {}), ready=fail).answer() is None
    early = EarlyProof(world, {})
    assert start(early, ready=early.end).answer() is None
    assert not asked


def test_others_may_wait_until_it_is_laid_and_not_until_it_is_asked(
    world: World, asked: Asked, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_answer = threading.Event()
    monkeypatch.setattr(trial, "ask", lambda *_: may_answer.wait(30) and Answer(outcome="proved"))
    early, compiled = EarlyProof(world, {}), threading.Event()
    start(early, ready=lambda: compiled.wait(30))
    waiting = threading.Thread(target=early.laid)
    waiting.start()
    waiting.join(0.05)
    assert waiting.is_alive()
    compiled.set()
    waiting.join(30)
    assert not waiting.is_alive()
    may_answer.set()
    assert early.answer() == Answer(outcome="proved")


def test_who_ends_waits_for_what_finds_out_how_to_ask(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    may_end = threading.Event()
    monkeypatch.setattr(HostEngine, "facts", lambda _: may_end.wait(30))
    EarlyProof(world, {}).prepare()
    (probe,) = (thread for thread in threading.enumerate() if thread.name == "early-proof-probe")
    assert not probe.daemon, "its folder stays where a process ends meanwhile"
    may_end.set()
    probe.join(30)


def test_nobody_waits_for_what_is_not_laid(world: World, asked: Asked, start: Start) -> None:
    def fail() -> None:
        raise BuildError("it does not compile", hint="mend it")

    EarlyProof(world, {}).laid()
    start(EarlyProof(world, {}), platform=LINUX_ARM64).laid()
    start(EarlyProof(world, {}), ready=fail).laid()
