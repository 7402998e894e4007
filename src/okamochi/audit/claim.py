"""What a claim is: a promise about a running container, and what of an observation shows that it holds."""

from collections.abc import Callable
from enum import StrEnum

import msgspec

from okamochi.model.observation import Observation
from okamochi.model.plan import Plan

__all__ = ["Claim", "Judged", "Outcome", "beside", "failed", "held", "judged", "untried"]


class Outcome(StrEnum):
    """UNTRIED: nothing was seen that could show it. BESIDE: the app has nothing of the kind. `seen` says
    why."""

    HOLDS = "holds"
    FAILS = "fails"
    UNTRIED = "untried"
    BESIDE = "beside"


class Judged(msgspec.Struct, frozen=True):
    """`seen` is the evidence in words, with its numbers."""

    outcome: Outcome
    seen: str


class Claim(msgspec.Struct, frozen=True):
    """`name` never changes its meaning; `promise` is a sentence."""

    name: str
    promise: str
    look: Callable[[Observation, Plan], Judged]


def held(seen: str) -> Judged:
    return Judged(Outcome.HOLDS, seen)


def failed(seen: str) -> Judged:
    return Judged(Outcome.FAILS, seen)


def untried(why: str) -> Judged:
    return Judged(Outcome.UNTRIED, why)


def beside(why: str) -> Judged:
    return Judged(Outcome.BESIDE, why)


def judged(holds: bool, seen: str) -> Judged:
    return held(seen) if holds else failed(seen)
