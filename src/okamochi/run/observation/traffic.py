"""Requests of one page from several threads; nothing is kept of the answers but their status."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException

from okamochi.model.observation import Traffic

__all__ = ["ask_many", "asking"]

USER_AGENT = "okamochi-prove"
LIMIT_SECONDS = 30


class Asking:
    """Counts; `traffic` may be read at any time."""

    def __init__(self, address: tuple[str, int], path: str, host: str) -> None:
        self.address = address
        self.path = path
        self.headers = {"Host": host or f"127.0.0.1:{address[1]}", "User-Agent": USER_AGENT}
        self.answers: Counter[int] = Counter()
        self.refused = 0
        self.broken = 0
        self.began = time.monotonic()
        self.over = threading.Event()
        self.lock = threading.Lock()

    @property
    def traffic(self) -> Traffic:
        with self.lock:
            return Traffic(
                answers=tuple(sorted(self.answers.items())),
                refused=self.refused,
                broken=self.broken,
                seconds=round(time.monotonic() - self.began, 3),
            )

    def once(self) -> None:
        """One request on a connection of its own. One that nobody took is refused; one that was taken, and
        gave no whole answer, is broken."""
        connection = HTTPConnection(*self.address, timeout=LIMIT_SECONDS)
        try:
            connection.connect()
        except OSError:
            connection.close()
            with self.lock:
                self.refused += 1
            return
        try:
            connection.request("GET", self.path, headers={**self.headers, "Connection": "close"})
            response = connection.getresponse()
            response.read(8_000_000)
        except (OSError, HTTPException):
            with self.lock:
                self.broken += 1
        else:
            with self.lock:
                self.answers[response.status] += 1
        finally:
            connection.close()

    def until_over(self) -> None:
        while not self.over.is_set():
            self.once()
            self.over.wait(0.01)


def ask_many(address: tuple[str, int], path: str, host: str, *, count: int, at_once: int) -> Traffic:
    """`count` requests, `at_once` at a time."""
    asking_ = Asking(address, path, host)
    left = iter(range(count))

    def work() -> None:
        while True:
            with asking_.lock:
                if next(left, None) is None:
                    return
            asking_.once()

    threads = [threading.Thread(target=work, daemon=True) for _ in range(at_once)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return asking_.traffic


@contextmanager
def asking(address: tuple[str, int], path: str, host: str, *, at_once: int = 4) -> Iterator[Asking]:
    """Requests all the while, from `at_once` threads; they end with the block."""
    found = Asking(address, path, host)
    threads = [threading.Thread(target=found.until_over, daemon=True) for _ in range(at_once)]
    for one in threads:
        one.start()
    try:
        yield found
    finally:
        found.over.set()
        for one in threads:
            one.join(LIMIT_SECONDS)
