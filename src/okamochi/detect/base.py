"""What every detector returns: facts, with the place each was seen."""

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from okamochi.detect.python_source import Sources
from okamochi.model.evidence import Evidence

__all__ = ["Detected", "Detector"]

T = TypeVar("T", covariant=True)


@dataclass(frozen=True, slots=True)
class Detected(Generic[T]):
    """A fact about the project and the places that say so, the strongest first."""

    value: T
    evidence: tuple[Evidence, ...]

    @property
    def first(self) -> Evidence:
        return self.evidence[0]


class Detector(Protocol[T]):
    """Looks at a project and returns all answers; it decides nothing, changes nothing, raises nothing."""

    def __call__(self, sources: Sources) -> tuple[Detected[T], ...]: ...
