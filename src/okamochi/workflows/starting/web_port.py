"""The port on which an app is published, and what happens when somebody takes it meanwhile."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeVar

import msgspec

from okamochi.errors import OkamochiError, UnhealthyError
from okamochi.run.ports import PORT_TRIES, TakenPort, choose_port, is_free, port_holder
from okamochi.run.wait import FailingPage
from okamochi.system.world import World
from okamochi.workflows.starting.previous import Previous

__all__ = ["WebPort", "port_lock"]

T = TypeVar("T")


def port_lock(port: int, world: World) -> AbstractContextManager[None]:
    """Held by who starts something on the port, until it answers there. Not re-entrant."""
    return world.cache.lock(f"port-{port}")


class WebPort(msgspec.Struct, frozen=True):
    """`asked` is the port that the user named, None when none was; `own` is the process's. `told` are the
    ports that this command told of, over all its starts; `refused`, those that were lost when it started."""

    asked: int | None
    own: int
    previous: Previous
    world: World
    told: set[int] = msgspec.field(default_factory=set)
    refused: set[int] = msgspec.field(default_factory=set)

    def choose(self) -> int:
        """The port asked for; else the one this app had; else the process's own, or the next free one.
        EngineError when the one asked for is taken.

        A container of this app that is about to be replaced does not hold its port against itself.
        """
        serving = self.previous.serving_port
        if serving and self.asked in (None, serving):
            return serving
        wanted = self.asked or self.own
        if self._is_left_behind(wanted):
            return wanted
        explicit = self.asked is not None
        return choose_port(wanted, explicit=explicit, runner=self.world.runner, refused=self.refused)

    def _is_left_behind(self, port: int) -> bool:
        """Whether a container of this app has the port of which there is no record, since its start was ended
        in the middle: the next one takes its place."""
        if is_free(port):
            return False
        name = re.escape(f"okamochi-{self.previous.app.identity}")
        holder = port_holder(port, self.world.runner)
        return re.fullmatch(rf"container {name}(?:-web-1)? \(\w+\)", holder) is not None

    def tell_other(self, port: int) -> None:
        """Says that the process's own port was taken, when that is why there is another one."""
        if (
            self.asked is None
            and port not in (self.own, *self.told, self.previous.serving_port)
            and (self.own in self.refused or not is_free(self.own))
        ):
            self.told.add(port)
            self.world.reporter.note(f"port {self.own} is taken; using {port}")

    def started(self, start: Callable[[int], T], *errors: type[OkamochiError]) -> T:
        """What `start` made on the port that it was given; `errors` may come of a port that is taken.

        Between choosing a port and listening on it, somebody else may take it: then another one is chosen.
        The lock keeps two starts apart: the second one would take the first one's answers for its own app's.
        """
        for left in reversed(range(1 if self.asked is not None else PORT_TRIES)):
            port = self.choose()
            with port_lock(port, self.world):
                if left and self.choose() != port:
                    continue
                self.tell_other(port)
                try:
                    return start(port)
                except errors as error:
                    if not left or not self.is_lost(port, error):
                        raise
                    self.refused.add(port)
        raise AssertionError("at least one try")

    def is_lost(self, port: int, error: OkamochiError) -> bool:
        """Whether somebody else has the port, which was not this app's before."""
        if isinstance(error, FailingPage):
            return False  # the app holds it itself: it goes on, and answers
        refused = isinstance(error, TakenPort) and error.port == port
        # once: an app that listens twice loses each port to itself
        told = isinstance(error, UnhealthyError) and error.port_taken and not self.refused
        return port != self.previous.serving_port and (refused or told or not is_free(port))
