"""Whether something answers on a port of this machine."""

from __future__ import annotations

import socket
import time
import urllib.error
import urllib.request

from measure import MeasurementError

PATIENCE_SECONDS = 90
PAUSE_SECONDS = 0.02


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def seconds_until_served(port: int, who: str) -> float:
    """How long it took until / answered 200; MeasurementError that names who never did."""
    begun = time.perf_counter()
    while not answers(port):
        if time.perf_counter() - begun > PATIENCE_SECONDS:
            raise MeasurementError(f"{who} did not answer 200 within {PATIENCE_SECONDS} s")
        time.sleep(PAUSE_SECONDS)
    return time.perf_counter() - begun


def answers(port: int) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            return int(answer.status) == 200
    except (urllib.error.URLError, OSError):
        return False
