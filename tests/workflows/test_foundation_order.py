"""When layers are packed: not while the app is laid out, and not after a base that takes long to come."""

import threading
from concurrent.futures import Future
from typing import Any, cast

import pytest

from okamochi.workflows.layers import foundation
from okamochi.workflows.layers.foundation import Wait, upper_layers


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(foundation, "upper_requests", lambda *_: [])
    monkeypatch.setattr(foundation, "packed", lambda *_: found.append("packed"))
    return found


def pack(shown: "Future[Wait]", *, ended: bool = False) -> None:
    end = threading.Event()
    if ended:
        end.set()
    nothing = cast(Any, None)
    upper_layers(nothing, nothing, nothing, (), shown, end)


def test_packing_waits_for_who_was_shown_the_files(steps: list[str]) -> None:
    shown: Future[Wait] = Future()
    shown.set_result(lambda: steps.append("laid"))
    pack(shown)
    assert steps == ["laid", "packed"]


def test_packing_does_not_wait_for_packages_that_take_long(
    steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foundation, "SOON_SECONDS", 0.01)
    pack(Future())
    assert steps == ["packed"]


def test_a_build_that_has_failed_packs_nothing(steps: list[str]) -> None:
    shown: Future[Wait] = Future()
    shown.set_result(lambda: None)
    pack(shown, ended=True)
    assert not steps
