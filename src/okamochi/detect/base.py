"""What every detector returns: facts, with the place each was seen."""

from typing import Generic, Protocol, TypeVar

import msgspec

from okamochi.detect.python_source import Sources
from okamochi.model.evidence import Evidence

__all__ = ["Detected", "Detector"]

T = TypeVar("T", covariant=True)


class Detected(msgspec.Struct, Generic[T], frozen=True):
    """A fact about the project and the places that say so, the strongest first."""

    value: T
    evidence: tuple[Evidence, ...]

    @property
    def first(self) -> Evidence:
        return self.evidence[0]


class Detector(Protocol[T]):
    """Looks at a project and returns all answers; it decides nothing, changes nothing, raises nothing."""

    def __call__(self, sources: Sources) -> tuple[Detected[T], ...]: ...
