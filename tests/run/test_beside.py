"""What runs beside web, watched by a clock of the test's own and an engine that says what a test wants."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

import pytest

from okamochi.errors import UnhealthyError
from okamochi.run.beside import Part, Watch, ailing_parts, failure_of
from okamochi.run.engine import Engine
from okamochi.run.spec import ContainerState, Running

WORKER = Part("worker", "shop-worker-1")
CHECKED = Part("worker", "shop-worker-1", check=("check",))
RUNS, AGAIN, ENDED = ContainerState.RUNNING, ContainerState.RESTARTING, ContainerState.EXITED


@dataclass
class Clock:
    """An engine whose containers are what `life` says at each second, the last for ever."""

    life: tuple[tuple[ContainerState, int], ...]
    content_from: float = 1e9
    log: str = ""
    out_of_memory: bool = False
    exit_code: int = 1
    name: str = "docker"
    seconds: float = 0
    asked: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.seconds

    def pause(self, seconds: float) -> None:
        self.seconds += seconds

    def inspect_each(self, names: Sequence[str]) -> dict[str, Running]:
        state, restarts = self.life[min(int(self.seconds), len(self.life) - 1)]
        killed = self.out_of_memory and state is not RUNS
        found = (
            Running(
                name=one,
                app="shop",
                state=state,
                restarts=restarts,
                exit_code=0 if state is RUNS else self.exit_code,
                out_of_memory=killed,
            )
            for one in names
        )
        return {one.name: one for one in found if state is not ContainerState.ABSENT}

    def check(self, name: str, argv: tuple[str, ...]) -> tuple[bool, str]:
        self.asked.append(self.seconds)
        return self.seconds >= self.content_from, "no heartbeat yet"

    def logs(self, name: str, *, tail: int = 200) -> str:
        return self.log


def texts(clock: Clock, *parts: Part, watch: Watch | None = None, begun: float = 0) -> list[str]:
    chosen = watch or Watch(limit_seconds=30)
    found = ailing_parts(cast(Engine, clock), parts, chosen, begun=begun, now=clock.now, pause=clock.pause)
    return [one.text for one in found]


def crashing(seconds_each: int, times: int) -> Iterator[tuple[ContainerState, int]]:
    for number in range(times):
        yield from ((RUNS, number),) * seconds_each
        yield AGAIN, number


def test_a_loop_is_seen_though_it_runs_most_of_the_time() -> None:
    clock = Clock(tuple(crashing(3, 20)))
    assert texts(clock, WORKER) == ["restarts in a loop"]
    assert clock.seconds < 12


def test_a_loop_that_began_before_the_first_look_is_seen_at_once() -> None:
    clock = Clock(((AGAIN, 5),))
    assert texts(clock, CHECKED) == ["restarts in a loop"]
    assert clock.seconds == 0


def test_one_without_a_check_is_well_when_it_has_run_for_a_while_since_its_start() -> None:
    clock = Clock(((RUNS, 0),))
    assert texts(clock, WORKER, begun=-4) == []
    assert clock.seconds == pytest.approx(6)


def test_one_with_a_check_is_well_at_once_when_that_is_content() -> None:
    clock = Clock(((RUNS, 0),), content_from=2)
    assert texts(clock, CHECKED) == []
    assert clock.seconds == 2


def test_one_end_at_the_start_is_forgiven_when_it_runs_on_afterwards() -> None:
    clock = Clock(((RUNS, 0), (RUNS, 0), (AGAIN, 0), (RUNS, 1)), content_from=3)
    assert texts(clock, CHECKED) == []
    assert clock.seconds >= 12  # its file may be of the run before


def test_a_check_that_is_never_content_is_told_at_the_limit() -> None:
    clock = Clock(((RUNS, 0),))
    assert texts(clock, CHECKED) == ["was not well after 30 s: no heartbeat yet"]
    assert clock.seconds == pytest.approx(30, abs=1)


def test_one_that_nobody_starts_again_is_told_with_its_exit_code() -> None:
    clock = Clock(((RUNS, 0), (ENDED, 0)))
    assert texts(clock, WORKER) == ["ended with exit code 1"]
    assert clock.seconds < 6


def test_the_short_time_between_an_end_and_the_next_start_is_no_end() -> None:
    clock = Clock(((ENDED, 0), (RUNS, 1)))
    assert texts(clock, WORKER) == []


def test_what_ran_before_the_start_needs_no_time_to_be_steady() -> None:
    clock = Clock(((RUNS, 7),))
    assert texts(clock, Part("proxy", "shop-proxy-1", before=True), begun=-10) == []
    assert clock.seconds == 0


def test_one_that_is_gone_is_told() -> None:
    assert texts(Clock(((ContainerState.ABSENT, 0),)), WORKER) == ["is gone"]


def failure(clock: Clock, *parts: Part) -> UnhealthyError:
    found = ailing_parts(cast(Engine, clock), parts, Watch(), begun=0, now=clock.now, pause=clock.pause)
    return failure_of(cast(Engine, clock), found, UnhealthyError, "web serves on")


def test_the_failure_names_the_process_its_cause_and_the_end_of_its_log() -> None:
    log = (
        "Traceback (most recent call last):\n  File \"/app/jobs.py\", line 3, in <module>\nKeyError: 'large'"
    )
    found = failure(Clock(tuple(crashing(1, 9)), log=log), WORKER, Part("beat", "shop-beat-1"))
    assert found.message.startswith("worker restarts in a loop: the app raises KeyError: 'large'")
    assert found.message.endswith("; beat restarts in a loop")
    assert (found.where, found.process, found.exit_code) == ("/app/jobs.py:3", "worker", 8)
    assert found.details[-1] == "KeyError: 'large'"
    assert found.hint.endswith("; web serves on")


@pytest.mark.parametrize(("exit_code", "told"), [(0, True), (1, False)])
def test_of_one_that_ends_without_an_error_the_hint_is_that_it_may_be_no_worker(
    exit_code: int, told: bool
) -> None:
    found = failure(Clock(tuple(crashing(1, 9)), log="42 mails sent", exit_code=exit_code), WORKER)
    assert found.message == "worker restarts in a loop"
    assert found.hint.startswith("it ends without an error each time") is told


def test_one_that_was_killed_for_its_memory_is_told_so() -> None:
    found = failure(Clock(tuple(crashing(1, 9)), out_of_memory=True), WORKER)
    assert "more memory than its limit" in found.message
