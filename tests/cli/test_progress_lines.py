"""What is printed of work that takes long, where nothing can be drawn."""

import threading
import time

import pytest

from okamochi.cli.console import PlainReporter


def test_long_work_says_now_and_then_that_it_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = PlainReporter(quiet_seconds=0.2)
    with reporter.step("Dependencies: resolving"), reporter.step("Dependencies: building numpy from source"):
        time.sleep(0.7)
    lines = capsys.readouterr().err.splitlines()
    told = "Dependencies: resolving: goes on (0 s); Dependencies: building numpy from source: goes on (0 s)"
    assert lines[0] == told
    assert 2 <= lines.count(told) + sum("goes on (1 s)" in one for one in lines) <= 3
    assert [one.partition(" (")[0] for one in lines[-2:]] == [
        "Dependencies: building numpy from source",
        "Dependencies: resolving",
    ]


def test_steps_that_overlap_share_one_thread_that_ends_with_the_last_of_them() -> None:
    reporter, before = PlainReporter(), threading.active_count()
    first, second = reporter.step("Base"), reporter.step("Dependencies")
    first.__enter__()
    second.__enter__()
    assert threading.active_count() == before + 1
    first.__exit__(None, None, None)
    assert threading.active_count() == before + 1
    second.__exit__(None, None, None)
    assert threading.active_count() == before


def test_short_work_is_one_line_and_leaves_no_thread(capsys: pytest.CaptureFixture[str]) -> None:
    before = threading.active_count()
    with PlainReporter().step("Loading"):
        pass
    assert capsys.readouterr().err == "Loading (0.0 s)\n"
    assert threading.active_count() == before
