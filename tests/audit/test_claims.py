"""Every claim holds for a sound observation and fails for one that contradicts it."""

from typing import Any

import pytest
from msgspec.structs import replace

from okamochi.audit.claim import Outcome
from okamochi.audit.claims import CLAIMS
from okamochi.model.observation import (
    Attempt,
    Inside,
    Life,
    Limits,
    Observation,
    Outside,
    SeenProcess,
    Stop,
    Traffic,
)
from okamochi.model.process import Volume
from tests.detect.plans import planned

BY_NAME = {claim.name: claim for claim in CLAIMS}
APP = "from flask import Flask\n\napp = Flask(__name__)\n"
PLAN = replace(
    planned({"app.py": APP, "requirements.txt": "flask\n"}), volumes=(Volume(name="data", path="/app/data"),)
)
WELL = Traffic(answers=((200, 50),))
PROCESS = SeenProcess(
    pid=1, parent=0, user=10001, group=10001, capabilities=0, no_new_privileges=True, seccomp=2
)
SOUND = Observation(
    engine="docker",
    inside=Inside(
        processes=(PROCESS,),
        attempts=(Attempt(path="/app", error="EROFS"), Attempt(path="/tmp"), Attempt(path="/app/data")),
        limits=Limits(
            memory_bytes=PLAN.web.resources.memory_bytes,
            cpus=PLAN.web.resources.cpus,
            pids=PLAN.web.resources.pids,
        ),
        files=2000,
        temporary_bytes=64 * 1024 * 1024,
    ),
    outside=Outside(
        changed=(), published=("127.0.0.1",), asked_at=("192.0.2.7",), looked_for=2, looked_in=("the log",)
    ),
    healthy=True,
    page=200,
    traffic=WELL,
    life=Life(
        workers=(7, 8),
        replaced_seconds=0.9,
        replaced_traffic=WELL,
        noticed=True,
        stop=Stop(seconds=1.5, exit_code=0, traffic=WELL),
        kept=(("/app/data", True),),
        healthy_again=True,
        migrated_again=(("release", 0),),
    ),
)


def inside(**changes: Any) -> Observation:
    return replace(SOUND, inside=replace(SOUND.inside, **changes))


def outside(**changes: Any) -> Observation:
    return replace(SOUND, outside=replace(SOUND.outside, **changes))


def life(**changes: Any) -> Observation:
    return replace(SOUND, life=replace(SOUND.life, **changes))


def process(**changes: Any) -> Observation:
    return inside(processes=(PROCESS, replace(PROCESS, pid=2, **changes)))


BROKEN = Traffic(answers=((200, 50),), broken=1)
FAILING = Traffic(answers=((200, 50), (502, 3)))
SHUT, HALF_SHUT = Traffic(refused=50), Traffic(answers=((200, 49),), refused=1)
CONTRADICTIONS = [
    ("user", process(user=0)),
    ("user", process(groups=(0,))),
    ("capabilities", process(capabilities=0x400)),
    ("no-new-privileges", process(no_new_privileges=False)),
    ("system-calls", process(seccomp=0)),
    ("limits", inside(limits=replace(SOUND.inside.limits, memory_bytes=0))),
    ("limits", inside(limits=replace(SOUND.inside.limits, cpus=4.0))),
    ("limits", inside(limits=replace(SOUND.inside.limits, pids=0))),
    ("read-only-root", inside(attempts=(Attempt(path="/app"), Attempt(path="/tmp")))),
    ("writable-folders", inside(attempts=(Attempt(path="/app/data", error="EACCES"),))),
    ("temporary-files", inside(temporary_bytes=0)),
    ("programs", inside(programs=("/bin/sh",))),
    ("special-bits", inside(privileged=("/usr/bin/su",))),
    ("code-is-roots", inside(writable=("/app/app.py",))),
    ("unchanged", outside(changed=("/app/new",))),
    ("secrets", outside(told=("the log",))),
    ("first-page", replace(SOUND, page=500)),
    ("first-page", replace(SOUND, page=0)),
    ("healthy", replace(SOUND, healthy=False)),
    ("many-at-once", replace(SOUND, traffic=BROKEN)),
    ("many-at-once", replace(SOUND, traffic=FAILING)),
    ("many-at-once", replace(SOUND, traffic=SHUT)),
    ("many-at-once", replace(SOUND, traffic=HALF_SHUT)),
    ("loopback", outside(open_at=("192.0.2.7",))),
    ("loopback", outside(published=("0.0.0.0",))),
    ("worker-replaced", life(replaced_seconds=-1)),
    ("worker-replaced", life(replaced_traffic=FAILING)),
    ("hang-noticed", life(noticed=False)),
    ("stop", life(stop=Stop(seconds=10, exit_code=137))),
    ("stop", life(stop=Stop(seconds=35, exit_code=0))),
    ("stop-loses-nothing", life(stop=Stop(seconds=1, exit_code=0, traffic=BROKEN))),
    ("start-again", life(healthy_again=False)),
    ("data-kept", life(kept=(("/app/data", False),))),
    ("migrations-again", life(migrated_again=(("release", 1),))),
]
SILENT = [
    ("secrets", outside(looked_for=0), Outcome.BESIDE),
    ("worker-replaced", life(workers=(), replaced_seconds=None), Outcome.BESIDE),
    ("data-kept", life(kept=None), Outcome.UNTRIED),
    ("worker-replaced", replace(life(workers=(), replaced_seconds=None), inside=Inside()), Outcome.UNTRIED),
    ("migrations-again", life(migrated_again=()), Outcome.BESIDE),
    ("unchanged", outside(changed=None), Outcome.UNTRIED),
    ("special-bits", inside(files=0), Outcome.UNTRIED),
    ("code-is-roots", inside(files=0), Outcome.UNTRIED),
    ("stop", life(stop=None, untried=(("stop", "without an engine"),)), Outcome.UNTRIED),
    ("capabilities", replace(process(capabilities=1), engine="host"), Outcome.UNTRIED),
]


@pytest.mark.parametrize("name", BY_NAME)
def test_a_claim_holds_for_what_is_sound_and_says_what_was_seen(name: str) -> None:
    judged = BY_NAME[name].look(SOUND, PLAN)
    assert judged.outcome is Outcome.HOLDS, judged.seen
    assert judged.seen


@pytest.mark.parametrize(("name", "seen"), CONTRADICTIONS)
def test_a_claim_fails_for_what_contradicts_it(name: str, seen: Observation) -> None:
    assert BY_NAME[name].look(seen, PLAN).outcome is Outcome.FAILS


def test_every_claim_has_something_that_contradicts_it() -> None:
    assert {name for name, _ in CONTRADICTIONS} == set(BY_NAME)


@pytest.mark.parametrize(("name", "seen", "outcome"), SILENT)
def test_what_could_not_be_seen_is_not_said_to_hold(name: str, seen: Observation, outcome: Outcome) -> None:
    judged = BY_NAME[name].look(seen, PLAN)
    assert judged.outcome is outcome
    assert judged.seen


def test_an_app_without_volumes_keeps_nothing() -> None:
    judged = BY_NAME["data-kept"].look(life(kept=()), replace(PLAN, volumes=()))
    assert judged.outcome is Outcome.BESIDE


@pytest.mark.parametrize(
    ("name", "seen", "words"),
    [
        ("many-at-once", replace(SOUND, traffic=FAILING), "50 × HTTP 200, 3 × HTTP 502"),
        ("limits", inside(limits=replace(SOUND.inside.limits, cpus=1.0)), ", 1 CPU, "),
    ],
)
def test_what_was_seen_is_told_in_words(name: str, seen: Observation, words: str) -> None:
    assert words in BY_NAME[name].look(seen, PLAN).seen
