"""How long work tells people what it is doing; the command line supplies the implementation."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

__all__ = ["Reporter", "SilentReporter"]


class Reporter(Protocol):
    """Tells people, on stderr, what is going on. Every method may be called from any thread."""

    def step(self, title: str) -> AbstractContextManager[None]:
        """A piece of work with a beginning and an end: "Base: fetching 41 packages"."""
        ...

    def note(self, text: str) -> None:
        """One fact worth reading: a decision, a generated secret, a fallback."""
        ...

    def warn(self, text: str) -> None:
        """Something that works but is not as the user would want it."""
        ...


class SilentReporter:
    """Says nothing: for library use and tests; keeps the notes so that tests can read them."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def step(self, title: str) -> AbstractContextManager[None]:
        return nullcontext()

    def note(self, text: str) -> None:
        self.notes.append(text)

    def warn(self, text: str) -> None:
        self.notes.append(text)
