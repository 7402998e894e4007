"""Waits until an app is healthy, and says why when it is not."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from okamochi.errors import EngineError, UnhealthyError
from okamochi.model.kit_programs import HEALTH_CHECK
from okamochi.run.diagnose import diagnose
from okamochi.run.engine import Engine
from okamochi.run.logged_out import logged_out
from okamochi.run.look import Look, look_at, url_of
from okamochi.run.port_failures import says_taken
from okamochi.run.ports import taken_by
from okamochi.run.spec import ContainerState, Running, RunSpec
from okamochi.run.traces import Cause
from okamochi.run.worker_failures import dropped_requests, ended_workers, killed_workers
from okamochi.system.patterns import regex

__all__ = [
    "LOG_ABOVE",
    "START_SECONDS",
    "FailingBeside",
    "FailingPage",
    "GoesOn",
    "Patience",
    "healthy_inside",
    "start_healthy",
    "unhealthy",
    "wait_until_healthy",
]

T = TypeVar("T", bound=UnhealthyError)
START_SECONDS = 120
KILLED_IN_VAIN = 5
ENDED_IN_VAIN = 3
DROPPED_IN_VAIN = 5
MOST_LINES = 1000  # each of these comes with a traceback or two
CLOSED = regex(r"GET /\S+ answered (?P<status>401|403|404)$")
PAGELESS_HINT = (
    "the app has no page at /, and fails where it tells so; a page of its own tells whether it is well: "
    '[tool.okamochi] health = "/..."'
)
LOOPBACK = ("127.0.0.1", "localhost")
LISTENS = regex(
    r"\b(?i:listen\w*|running|serving|started|available)\b[^\n]{0,80}?"
    r"(?P<host>0\.0\.0\.0|127\.0\.0\.1|localhost|\[::\]|\*):(?P<port>[1-9]\d{1,4})\b"
)
TO_MEND_IT = "where a command inside is to mend it, okamochi down first: the next start goes on all the same"
LOG_ABOVE = "the last lines of its log are above; `okamochi plan` shows what was started, and why"
OUT_OF_MEMORY = Cause(
    "the container was killed because it used more memory than its limit",
    'give it more: [tool.okamochi] memory = "1G"; or fewer workers: WEB_CONCURRENCY=1',
)


@dataclass(frozen=True)
class Patience:
    """`inside_after_seconds`: when the published port does not even answer from here, as in a container that
    talks to its host's engine, the health check is run inside the container; what it says counts when it has
    been content for `inside_for_seconds` and the port still does not answer. What brings no answer at all may
    still be starting (large packages on a slow machine): it is given `start_seconds`, if that is more, unless
    its log, which is read every `log_seconds`, tells that it never will."""

    limit_seconds: float = 60
    start_seconds: float = 0
    pause_seconds: float = 0.1
    request_seconds: float = 10
    failing_page_seconds: float = 10
    inside_after_seconds: float = 10
    inside_for_seconds: float = 5
    log_seconds: float = 10
    log_lines: int = 30


@dataclass(frozen=True)
class Healthy:
    """`page_status` is what / answered: below 500, but where the app has no page there or none without a
    login, and 0 when only the check inside could be asked."""

    url: str
    page_status: int
    note: str = ""


class GoesOn(UnhealthyError):
    """Not all is well, and what was started goes on all the same: a command inside may mend it."""


class FailingPage(GoesOn):
    """The health check is content but / answers 5xx. The container goes on, so that a one-off command, such
    as one that makes the tables, can be run in it."""

    spec: RunSpec

    def given_up(self) -> UnhealthyError:
        """The same of one that does not go on, since what served before serves again."""
        hint = f"{self.hint}; {TO_MEND_IT}"
        failure = UnhealthyError(self.message, where=self.where, hint=hint, details=self.details)
        failure.unwritable, failure.log, failure.process = self.unwritable, self.log, self.process
        return failure


class FailingBeside(GoesOn):
    """Web is healthy and serves; what runs beside it is not well."""


def nothing_to_prepare(_: Engine, __: str) -> None:
    """Most apps need nothing."""


def start_healthy(
    engine: Engine,
    spec: RunSpec,
    patience: Patience | None = None,
    prepare: Callable[[Engine, str], None] = nothing_to_prepare,
) -> Healthy:
    """Starts the container, runs `prepare` with its name and waits; one that does not become healthy is
    removed before UnhealthyError, unless only its page fails (FailingPage)."""
    try:
        engine.start(spec)
        prepare(engine, spec.name)
        return wait_until_healthy(engine, spec, patience or Patience(start_seconds=START_SECONDS))
    except FailingPage as failure:
        failure.spec = spec
        raise
    except BaseException:
        take_away(engine, spec)
        raise


def take_away(engine: Engine, spec: RunSpec) -> None:
    """Only what is this app's: a foreign container of that name is why it could not be started."""
    with suppress(EngineError):
        if engine.inspect(spec.name).app != spec.app:
            return
        engine.stop(spec.name, grace_seconds=2)
    with suppress(EngineError):
        engine.remove(spec.name)


def wait_until_healthy(
    engine: Engine,
    spec: RunSpec,
    patience: Patience,
    *,
    now: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> Healthy:
    """Until the probe is content and / answers below 500; UnhealthyError at the limit, or at once when the
    container ends or starts over. TakenPort when it is somebody else that listens there."""
    wait = Wait(engine, spec, patience)
    begin = now()
    delay = patience.pause_seconds
    while True:
        look = look_at(spec, patience.request_seconds)
        healthy = wait.after(look, now() - begin)
        if healthy is not None:
            return healthy
        pause(delay)
        delay = min(delay * 1.3, 0.5)


@dataclass
class Wait:
    """What is remembered from one look to the next, in seconds since the first: since when the check inside
    is content, since when the page fails, and when the log was read."""

    engine: Engine
    spec: RunSpec
    patience: Patience
    content_inside_since: float | None = None
    page_fails_since: float | None = None
    log_read: float = 0

    def after(self, look: Look, waited: float) -> Healthy | None:
        """None: look again. Errors as of `wait_until_healthy`."""
        # at each look: a server that finds its port taken tries for seconds, and who has it may go meanwhile
        if stranger := self.engine.stranger_at(self.spec.name, self.spec.published_port):
            raise taken_by(self.spec.published_port, stranger)
        if look.ready:
            return Healthy(url_of(self.spec), look.page_status, look.note)
        running = self.engine.inspect(self.spec.name)
        if running.failed or running.state is ContainerState.ABSENT:
            raise self._failure(running, ended_text(running))
        if not look.answered and (note := self._content_inside(waited)):
            return Healthy(url_of(self.spec), 0, note)
        if dying := self._dying(look, waited):
            raise self._failure(running, f"{self.spec.name} was given up after {waited:.0f} s: {dying}")
        page_fails = self._page_fails(look, waited)
        if page_fails and (told := logged_out(self.engine.logs(self.spec.name))):
            return Healthy(url_of(self.spec), look.page_status, told)
        limit = max(self.patience.limit_seconds, self.patience.start_seconds if look.starting else 0)
        if page_fails or waited > limit:
            raise self._given_up(look, running, waited, FailingPage if page_fails else UnhealthyError)
        return None

    def _content_inside(self, waited: float) -> str:
        """What to say of a port that answers nobody here, while the check inside is content; else ""."""
        if waited <= self.patience.inside_after_seconds or not self.spec.healthcheck:
            return ""
        content, said = self.engine.check(self.spec.name, self.spec.healthcheck)
        self.content_inside_since = (self.content_inside_since or waited) if content else None
        since = self.content_inside_since
        if since is None or waited - since < self.patience.inside_for_seconds:
            return ""
        return f"port {self.spec.published_port} does not answer from here; inside the container: {said}"

    def _dying(self, look: Look, waited: float) -> str:
        if not look.starting or waited - self.log_read < self.patience.log_seconds:
            return ""
        self.log_read = waited
        return dying_workers(self.engine.logs(self.spec.name, tail=MOST_LINES))

    def _page_fails(self, look: Look, waited: float) -> bool:
        """Whether / has answered 5xx for long enough."""
        self.page_fails_since = (self.page_fails_since or waited) if look.page_status >= 500 else None
        since = self.page_fails_since
        return since is not None and waited - since >= self.patience.failing_page_seconds

    def _given_up(
        self, look: Look, running: Running, waited: float, kind: type[UnhealthyError]
    ) -> UnhealthyError:
        text = f"{self.spec.name} was not healthy after {waited:.0f} s: {look.reason}"
        failure = self._failure(running, text, kind)
        if failure.hint == LOG_ABOVE:
            failure.hint = hint_of(look, self.spec, failure.log) or failure.hint
        return failure

    def _failure(
        self, running: Running, text: str, kind: type[UnhealthyError] = UnhealthyError
    ) -> UnhealthyError:
        failure = unhealthy(self.engine, self.spec.name, running, text, self.patience, kind)
        # in a container, the port inside is its own
        failure.port_taken = self.engine.name == "host" and says_taken(failure.log, self.spec.published_port)
        return failure


def dying_workers(log: str) -> str:
    """What becomes of gunicorn's workers, or of all that is asked of them, where no answer comes; "" while
    there is hope."""
    if len(killed_workers(log)) >= KILLED_IN_VAIN:
        return "its workers are killed one after another"
    if dropped_requests(log) >= DROPPED_IN_VAIN:
        return "it fails before it answers, and drops each connection"
    return "its workers end one after another" if len(ended_workers(log)) >= ENDED_IN_VAIN else ""


def hint_of(look: Look, spec: RunSpec, log: str) -> str:
    if not look.answered:
        return told_elsewhere(log, spec.process.port) or silent_hint(spec.process.port)
    return PAGELESS_HINT if look.page_status and not spec.front_page else closed_hint(look.reason)


def closed_hint(reason: str) -> str:
    """Of a health page that is there for few, or not at all: "GET /live answered 401"; "" for another."""
    found = CLOSED.search(reason)
    if found is None:
        return ""
    why = "is not there" if found["status"] == "404" else "wants somebody who is logged in"
    return f'the health page {why}: name an open one, or take any answer: [tool.okamochi] health = "tcp"'


def told_elsewhere(log: str, port: int) -> str:
    """Where the log says that a server listens, if it is not asked there; "" where it does not say."""
    said = [(one["host"], int(one["port"])) for one in LISTENS.finditer(log)]
    if not said or any(number == port and host not in LOOPBACK for host, number in said):
        return ""
    host, number = said[-1]
    if host in LOOPBACK:
        return (
            f"its log says that it listens on {host} alone, which nothing outside of the container reaches: "
            "let it listen on 0.0.0.0"
        )
    return f"its log says that it listens on port {number}: [tool.okamochi] port = {number}"


def silent_hint(port: int) -> str:
    return (
        f"nothing answers on port {port} of the container: a server that is there, as its log above may "
        "tell, listens on another port (setting: port), or on one address instead of 0.0.0.0"
    )


def healthy_inside(engine: Engine, name: str, *, limit_seconds: float) -> bool:
    """Whether the health check inside is content before the limit, of what was started again."""
    ends = time.monotonic() + limit_seconds
    while not engine.check(name, HEALTH_CHECK)[0]:
        if time.monotonic() > ends:
            return False
        time.sleep(0.2)
    return True


def ended_text(running: Running) -> str:
    match running.state:
        case ContainerState.ABSENT:
            return f"{running.name} is gone"
        case _ if running.restarts:
            return f"{running.name} ended right after its start, and again after a restart"
        case _:
            return f"{running.name} ended with exit code {running.exit_code}"


def unhealthy(engine: Engine, name: str, running: Running, text: str, patience: Patience, kind: type[T]) -> T:
    log = engine.logs(name, tail=500)
    cause = OUT_OF_MEMORY if running.out_of_memory else diagnose(log, contained=engine.name != "host")
    lines = tuple(log.splitlines()[-patience.log_lines :])
    hint = LOG_ABOVE
    where = name
    if cause is not None:
        text, hint, where = f"{text}: {cause.text}", cause.hint, cause.where or where
    failure = kind(text, where=where, hint=hint, details=lines)
    failure.unwritable, failure.log = cause.unwritable if cause else "", log
    return failure
