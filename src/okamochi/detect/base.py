"""What every detector returns: facts, with the place each was seen."""

from typing import Generic, TypeVar

import msgspec

from okamochi.model.evidence import Evidence

__all__ = ["Detected"]

T = TypeVar("T", covariant=True)


class Detected(msgspec.Struct, Generic[T], frozen=True):
    """A fact about the project and the places that say so, the strongest first."""

    value: T
    evidence: tuple[Evidence, ...]

    @property
    def first(self) -> Evidence:
        return self.evidence[0]
