"""A question is asked once, whoever asks."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from okamochi.system.once import Once


def test_the_first_answer_is_everybodys() -> None:
    once, numbers = Once(), iter([5, 6])
    assert [once.answer("sum", lambda: next(numbers)) for _ in range(3)] == [5, 5, 5]
    assert once.answer("another", lambda: next(numbers)) == 6


def test_who_asks_meanwhile_waits_for_the_same_answer() -> None:
    once, asking, waiting = Once(), threading.Event(), threading.Event()
    asked: list[int] = []

    def slowly() -> int:
        asked.append(1)
        asking.set()
        assert waiting.wait(60)
        return 5

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(once.answer, "sum", slowly)
        assert asking.wait(60)
        second = pool.submit(once.answer, "sum", slowly)
        waiting.set()
        assert (first.result(60), second.result(60)) == (5, 5)
    assert len(asked) == 1


def test_a_failure_is_not_kept() -> None:
    once = Once()

    def fail() -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        once.answer("sum", fail)
    assert once.answer("sum", lambda: 5) == 5
