"""How slow a download may be before it is given up."""

from contextlib import ExitStack

import pytest

from okamochi.system.http_interrupted import TooSlow
from okamochi.system.http_pace import FLOOR_BYTES_PER_SECOND, WINDOW_SECONDS, Pace, Watch


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


def receive(watch: Watch, time: Time, *, seconds: float, bytes_per_second: int) -> None:
    for _ in range(int(seconds)):
        time.now += 1
        watch.add(bytes_per_second)


def test_a_byte_a_second_is_given_up_at_the_end_of_a_window(time: Time) -> None:
    with Pace(clock=time).watch() as watch:
        receive(watch, time, seconds=WINDOW_SECONDS - 1, bytes_per_second=1)
        with pytest.raises(TooSlow, match="sends 1 bytes a second, less than 1,000"):
            receive(watch, time, seconds=1, bytes_per_second=1)


def test_a_slow_line_may_take_as_long_as_it_needs(time: Time) -> None:
    with Pace(clock=time).watch() as watch:
        receive(watch, time, seconds=3600, bytes_per_second=FLOOR_BYTES_PER_SECOND)


def test_what_came_quickly_at_first_counts_for_its_own_window_alone(time: Time) -> None:
    with Pace(clock=time).watch() as watch:
        receive(watch, time, seconds=WINDOW_SECONDS, bytes_per_second=1_000_000)
        with pytest.raises(TooSlow):
            receive(watch, time, seconds=WINDOW_SECONDS, bytes_per_second=10)


def test_many_at_once_share_the_least_speed_and_the_last_of_them_keeps_its_share(time: Time) -> None:
    pace = Pace(clock=time)
    share = FLOOR_BYTES_PER_SECOND // 10
    with ExitStack() as others, pace.watch() as watch:
        for _ in range(9):
            others.enter_context(pace.watch())
        receive(watch, time, seconds=WINDOW_SECONDS * 3 + 10, bytes_per_second=share)
        others.close()
        receive(watch, time, seconds=WINDOW_SECONDS - 10, bytes_per_second=share)
        with pytest.raises(TooSlow):
            receive(watch, time, seconds=WINDOW_SECONDS, bytes_per_second=share)
