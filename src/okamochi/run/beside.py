"""Waits until what runs beside web is well (workers, schedulers, a proxy), and says why when it is not.

A part is well when its health check is content, or, where it has none, when it has run for a while without an
end. That it runs at one moment proves nothing: what ends and is started again runs most of the time.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from okamochi.errors import UnhealthyError
from okamochi.run.engine import Engine
from okamochi.run.spec import ContainerState, Running
from okamochi.run.wait import LOG_ABOVE, Patience, unhealthy

__all__ = ["Ailing", "Part", "Watch", "absent", "ailing_parts", "failure_of"]

T = TypeVar("T", bound=UnhealthyError)
LOOP = "restarts in a loop"
LOG_LINES = 20
SEE_LOG = "the last lines of its log are above"
ENDS_WELL = (
    "it ends without an error each time, as no worker does: take it out of the Procfile, or of what else "
    "starts it (okamochi plan tells), and run it when it is due: okamochi exec -- COMMAND; what is to run "
    "before each start is called release"
)


@dataclass(frozen=True)
class Part:
    """`name` is the process or service, `container` what the engine calls it. `check` is run inside and says
    whether it is well; empty: it is when it goes on running. `before`: it ran before this start already."""

    name: str
    container: str
    check: tuple[str, ...] = ()
    before: bool = False


@dataclass(frozen=True)
class Watch:
    """How long a part is given to become well, for how long one has to run to be called steady, how long one
    that stands still may be about to start again, and how often it may end meanwhile."""

    limit_seconds: float = 120
    steady_seconds: float = 10
    still_seconds: float = 3
    restarts: int = 2
    pause_seconds: float = 0.5


@dataclass(frozen=True)
class Ailing:
    """`text` follows the part's name in a sentence; `running` is the last that was seen of it. `ends_well`
    where it was seen to end, each time without an error."""

    part: Part
    text: str
    running: Running
    ends_well: bool = False


@dataclass
class Seen:
    """What the looks at one part have shown; times are those of the clock that watches."""

    part: Part
    begun: float
    first_restarts: int | None = None
    restarts: int = 0
    running_since: float = 0
    still_since: float | None = None
    said: str = ""
    ailing: str = ""
    well: bool = False
    last: Running | None = None
    exit_codes: set[int] = field(default_factory=set)

    @property
    def decided(self) -> bool:
        return self.well or bool(self.ailing)

    def look(self, engine: Engine, running: Running, watch: Watch, now: float) -> None:
        """Decides `well` or `ailing`, or neither yet."""
        # what a loop's end was, its next beginning does not tell
        killed = running.out_of_memory or (self.last is not None and self.last.out_of_memory)
        self.last = msgspec.structs.replace(running, out_of_memory=killed)
        if running.state is ContainerState.ABSENT:
            self.ailing = "is gone"
            return
        if self.first_restarts is None:
            self.first_restarts = self.restarts = running.restarts
            # what has never ended has run since its start; of what did, this is the first that is known
            self.running_since = self.begun if not running.restarts or self.part.before else now
        if running.restarts != self.restarts or running.state is not ContainerState.RUNNING:
            self.restarts, self.running_since = running.restarts, now
        if running.state is not ContainerState.RUNNING:
            self.exit_codes.add(running.exit_code)
            self.look_at_still(running, watch, now)
            return
        self.still_since = None
        if running.restarts - self.first_restarts >= watch.restarts:
            self.ailing = LOOP
        elif not self.part.check:
            self.well = now - self.running_since >= watch.steady_seconds
        elif not running.restarts or self.part.before or now - self.running_since >= watch.steady_seconds:
            self.well, self.said = engine.check(self.part.container, self.part.check)

    def look_at_still(self, running: Running, watch: Watch, now: float) -> None:
        """Between its end and its next start, or ended for good."""
        self.still_since = self.still_since if self.still_since is not None else now
        if running.restarts > watch.restarts:
            self.ailing = LOOP
        elif now - self.still_since >= watch.still_seconds and running.state is ContainerState.EXITED:
            self.ailing = f"ended with exit code {running.exit_code}"

    def at_the_limit(self, seconds: float) -> None:
        if self.decided:
            return
        why = f": {self.said}" if self.said else ""
        self.ailing = (
            LOOP if self.restarts and not self.part.before else f"was not well after {seconds:.0f} s{why}"
        )


def ailing_parts(
    engine: Engine,
    parts: Sequence[Part],
    watch: Watch,
    *,
    begun: float,
    now: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> tuple[Ailing, ...]:
    """Those that do not become well, in the order of the parts; the answer comes when all are decided, at
    the limit at the latest. `begun`: when they had been started, by the same clock as `now`."""
    seen = [Seen(part, begun) for part in parts]
    ends = now() + watch.limit_seconds
    while True:
        open_ones = [one for one in seen if not one.decided]
        found = engine.inspect_each([one.part.container for one in open_ones])
        for one in open_ones:
            name = one.part.container
            one.look(engine, found.get(name) or absent(name), watch, now())
        if all(one.decided for one in seen):
            break
        if now() >= ends:
            for one in seen:
                one.at_the_limit(watch.limit_seconds)
            break
        pause(watch.pause_seconds)
    return tuple(
        Ailing(one.part, one.ailing, one.last, ends_well=one.exit_codes == {0})
        for one in seen
        if one.ailing and one.last
    )


def absent(name: str) -> Running:
    return Running(name=name, app="", state=ContainerState.ABSENT)


def failure_of(engine: Engine, ailing: Sequence[Ailing], kind: type[T], goes_on: str) -> T:
    """Of the first, with its cause and the end of its log; of the others in a sentence each. `goes_on` says
    what becomes of the rest."""
    first = ailing[0]
    name, text = first.part.name, f"{first.part.name} {first.text}"
    patience = Patience(log_lines=LOG_LINES)
    failure = unhealthy(engine, first.part.container, first.running, text, patience, kind)
    if failure.where == first.part.container:
        failure.where = f"processes.{name}"
    hint = failure.hint
    if hint == LOG_ABOVE:
        hint = ENDS_WELL if first.ends_well else SEE_LOG
    failure.hint = f"{hint}; {goes_on}"
    failure.message += "".join(f"; {one.part.name} {one.text}" for one in ailing[1:])
    failure.process = name
    return failure
