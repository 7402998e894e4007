"""Load on one address of this machine or its containers: a fixed number of requests, by a few clients."""

from __future__ import annotations

import http.client
import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

READ_BYTES = 1 << 16


@dataclass
class Pressed:
    """What came of a load. `refused` are calls at a port that nobody listens on: no request was made.
    `failed` are requests that got no whole answer, or one of 5xx, by reason."""

    answered: int = 0
    refused: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    slowest: float = 0.0

    @property
    def per_second(self) -> float:
        return self.answered / self.seconds if self.seconds else 0.0

    @property
    def failures(self) -> int:
        return sum(self.failed.values())


def press(
    address: tuple[str, int],
    paths: Sequence[str],
    *,
    requests: int,
    clients: int,
    kept_alive: int = 0,
    seconds: float = 120.0,
    patience: float = 40.0,
    until: Callable[[], bool] = lambda: False,
) -> Pressed:
    """Asks for the paths in turn, `requests` times in all. The first `kept_alive` clients keep their
    connections, the others open one for each request. A client whose call is refused goes home."""
    result, lock = Pressed(), threading.Lock()
    turn = itertools.count()
    begun = time.monotonic()

    def visit(keeps: bool) -> None:
        connection: http.client.HTTPConnection | None = None
        while not until() and time.monotonic() - begun < seconds:
            number = next(turn)
            if number >= requests:
                break
            connection = connection or http.client.HTTPConnection(*address, timeout=patience)
            start = time.monotonic()
            outcome = asked(connection, paths[number % len(paths)])
            spent = time.monotonic() - start
            with lock:
                result.slowest = max(result.slowest, spent)
                result.answered += outcome == ""
                result.refused += outcome == REFUSED
                if outcome not in ("", REFUSED, CLOSED_BETWEEN):
                    result.failed[outcome] += 1
            if outcome == REFUSED:
                break
            if outcome or not keeps:
                connection.close()
                connection = None
        if connection is not None:
            connection.close()

    threads = [threading.Thread(target=visit, args=(number < kept_alive,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    result.seconds = time.monotonic() - begun
    return result


REFUSED = "refused"
CLOSED_BETWEEN = "closed between two requests"


def asked(connection: http.client.HTTPConnection, path: str) -> str:
    """Why there was no good answer; "" when there was one."""
    fresh = connection.sock is None
    if fresh:
        try:
            connection.connect()
        except ConnectionRefusedError:
            return REFUSED
        except OSError as error:
            return f"connect: {type(error).__name__}"
    try:
        connection.request("GET", path, headers={"Accept-Language": "ja"})
        answer = connection.getresponse()
    except (ConnectionResetError, BrokenPipeError) as error:
        # HTTP/1.1 lets a server close an idle connection, and a client sends the request again on a new one.
        # With a request on its way to it, the close is a reset
        unheard = isinstance(error, http.client.RemoteDisconnected)
        return CLOSED_BETWEEN if not fresh else "no answer" if unheard else type(error).__name__
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    try:
        while answer.read(READ_BYTES):
            pass
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    if answer.will_close:
        connection.close()
    return "" if answer.status < 500 else f"status {answer.status}"
