"""examples/invoice while its database or its queue is killed and comes back, and while it is stopped.

What was answered is kept, nobody waits without end, readiness tells the truth, no request fails at a stop.
"""

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.examples.conftest import Browser, Serving, served
from tests.images.stand_ins import ensure

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

from load import Pressed, press

pytestmark = [pytest.mark.engine, pytest.mark.network, pytest.mark.slow, pytest.mark.matrix]

REQUEST_SECONDS = 30  # GUNICORN_TIMEOUT of the kit
WRITERS = 4
AWAY_SECONDS = 5
GRACE_SECONDS = 35  # what the stack gives web
PATIENCE_SECONDS = 60


@pytest.fixture(scope="module")
def serving(private_program: Program, make_example: Callable[[str], Path]) -> Iterator[Serving]:
    for tag in ("postgres:17", "valkey/valkey:8.1"):
        ensure(tag)
    for one in served(private_program, make_example("invoice"), "docker"):
        filled = one.browser().submit("/?lang=en", {}, token="csrf_token", to="/demo-data")
        assert "Sample data loaded" in filled.text
        yield one


def container(serving: Serving, service: str) -> str:
    name = serving.container
    assert name.endswith("-web-1")
    return name.removesuffix("-web-1") + f"-{service}-1"


def docker(*argv: str) -> None:
    subprocess.run(("docker", *argv), capture_output=True, check=True)


@dataclass
class Watched:
    """`answers` are the statuses of /readyz as they changed."""

    answers: list[int] = field(default_factory=list)
    slowest: float = 0.0

    def see(self, status: int, seconds: float) -> None:
        self.slowest = max(self.slowest, seconds)
        if not self.answers or self.answers[-1] != status:
            self.answers.append(status)


@dataclass
class Written:
    """`kept` are names that the app said it stored; `other` are answers that are neither yes nor 503."""

    kept: list[str] = field(default_factory=list)
    refused: int = 0
    other: list[str] = field(default_factory=list)
    slowest: float = 0.0


@contextmanager
def watched(serving: Serving) -> Iterator[Watched]:
    found, ended = Watched(), threading.Event()

    def look() -> None:
        browser = serving.browser()
        while not ended.is_set():
            begun = time.monotonic()
            status = browser.get("/readyz").status
            found.see(status, time.monotonic() - begun)
            time.sleep(0.2)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield found
    finally:
        ended.set()
        watcher.join()


@contextmanager
def writing(serving: Serving) -> Iterator[Written]:
    found, ended = Written(), threading.Event()

    def write(writer: int) -> None:
        browser, number = serving.browser(), 0
        while not ended.is_set():
            number += 1
            name = f"writer {writer} number {number}"
            begun = time.monotonic()
            stored(browser, name, found)
            found.slowest = max(found.slowest, time.monotonic() - begun)
            time.sleep(0.1)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for one in writers:
        one.start()
    try:
        yield found
    finally:
        ended.set()
        for one in writers:
            one.join()


def stored(browser: Browser, name: str, found: Written) -> None:
    try:
        page = browser.get("/customers/new")
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
        if token is not None:
            page = browser.post("/customers/new", {"csrf_token": token[1], "name": name, "honorific": "様"})
    except OSError as error:
        found.other.append(repr(error))
        return
    if page.status == 200 and page.url.endswith("/customers"):
        found.kept.append(name)
    elif page.status == 503:
        # stored or not: the app does not say yes, so it may be either
        found.refused += 1
    else:
        found.other.append(f"{page.status} at {page.url}")


def until(condition: Callable[[], bool], what: str) -> None:
    ends = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < ends, f"not within {PATIENCE_SECONDS} s: {what}"
        time.sleep(0.2)


def test_a_database_that_is_killed_under_load_costs_no_answered_write_and_no_hanging_request(
    serving: Serving,
) -> None:
    with watched(serving) as ready, writing(serving) as written:
        until(lambda: len(written.kept) >= 8, "writes")
        docker("kill", container(serving, "db"))
        until(lambda: ready.answers[-1] == 503, "readiness says no")
        time.sleep(AWAY_SECONDS)
        before = len(written.kept)
        docker("start", container(serving, "db"))
        until(lambda: ready.answers[-1] == 200, "readiness says yes again")
        until(lambda: len(written.kept) >= before + 8, "writes again")
    assert ready.answers == [200, 503, 200]
    assert written.other == []
    assert written.refused > 0
    assert max(written.slowest / 2, ready.slowest) < REQUEST_SECONDS  # a write is two requests
    listed = serving.browser().get("/customers").text
    assert [name for name in written.kept if f">{name}<" not in listed] == []


def test_a_queue_that_is_killed_under_load_loses_no_batch(serving: Serving) -> None:
    browser = serving.browser()
    address = batch(browser)
    time.sleep(1.5)  # Redis writes its log to the disk once a second
    with watched(serving) as ready:
        until(lambda: bool(ready.answers), "readiness")
        docker("kill", container(serving, "redis"))
        until(lambda: ready.answers[-1] == 503, "readiness says no")
        begun = time.monotonic()
        refused = browser.submit("/?lang=en", {"status": "all"}, token="csrf_token", to="/batches")
        assert time.monotonic() - begun < 2 * REQUEST_SECONDS
        assert "The queue does not answer" in refused.text
        docker("start", container(serving, "redis"))
        until(lambda: ready.answers[-1] == 200, "readiness says yes again")
    assert ready.answers == [200, 503, 200]
    until(lambda: state(browser, address) == "done", "the batch of before is done")
    after = batch(browser)
    until(lambda: state(browser, after) == "done", "a batch of after is done")


def batch(browser: Browser) -> str:
    return browser.submit("/?lang=en", {"status": "all"}, token="csrf_token", to="/batches").url


def state(browser: Browser, address: str) -> str:
    return str(json.loads(browser.get(f"{address}/progress").text)["state"])


def test_a_stop_under_load_fails_no_request_and_ends_inside_the_grace_period(serving: Serving) -> None:
    """On the container's own address: the engine's proxy in between would take calls that nobody answers."""
    networks = serving.inspected()["NetworkSettings"]["Networks"].values()
    address = (next(one["IPAddress"] for one in networks if one["Gateway"]), 8000)
    found: list[Pressed] = []
    paths = ["/", "/customers", "/invoices/1", "/invoices/1/pdf"]

    def load() -> None:
        found.append(press(address, paths, requests=100_000, clients=12, kept_alive=4, seconds=90))

    pressing = threading.Thread(target=load)
    pressing.start()
    time.sleep(4)
    begun = time.monotonic()
    docker("stop", "--time", str(GRACE_SECONDS), serving.container)
    took = time.monotonic() - begun
    pressing.join()
    (pressed,) = found
    assert took < GRACE_SECONDS
    assert serving.inspected()["State"]["ExitCode"] == 0
    assert pressed.answered > 12
    assert pressed.failures == 0, pressed.failed
