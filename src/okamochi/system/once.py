"""What one run of the program asks the outside only once, also when several threads ask at the same time."""

import threading
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = ["Once"]

Answer = TypeVar("Answer")


class Once:
    """Answers by question."""

    def __init__(self) -> None:
        self._answers: dict[Hashable, Future[Any]] = {}
        self._asking = threading.Lock()

    def answer(self, question: Hashable, ask: Callable[[], Answer]) -> Answer:
        """What `ask` said the first time. Who asks while another one does waits, and shares its failure; the
        next one tries again."""
        from concurrent.futures import Future

        with self._asking:
            held = self._answers.get(question)
            if held is None:
                mine: Future[Answer] = Future()
                self._answers[question] = mine
        if held is not None:
            shared: Answer = held.result()
            return shared
        try:
            found = ask()
        except BaseException as failure:
            with self._asking:
                del self._answers[question]
            mine.set_exception(failure)
            raise
        mine.set_result(found)
        return found
