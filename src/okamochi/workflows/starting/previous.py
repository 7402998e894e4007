"""What `up` started before: out of the way while its successor starts, back when that one fails."""

import signal
from dataclasses import dataclass

from okamochi.errors import EngineError
from okamochi.run.engine import Engine
from okamochi.run.engines import engine_named
from okamochi.run.spec import ContainerState, aside_name
from okamochi.run.wait import healthy_inside
from okamochi.system.world import World
from okamochi.workflows.starting.apps import App

__all__ = ["BACK_SECONDS", "GRACE_SECONDS", "Previous"]

GRACE_SECONDS = 35
BACK_SECONDS = 60
STOPPED = (0, 128 + signal.SIGTERM, 128 + signal.SIGKILL)
"""Exit codes of what was told to end, or was ended."""


@dataclass
class Previous:
    """`page_fails`: it goes on though its page answered 5xx."""

    app: App
    world: World
    engine: Engine | None = None
    name: str = ""
    port: int = 0
    aside: bool = False
    image: str = ""
    page_fails: bool = False

    @classmethod
    def of(cls, app: App, world: World) -> "Previous":
        record = app.state.record()
        if record is None:
            return cls(app, world)
        engine = engine_named(record.engine, world)
        image, page_fails = record.image_reference, record.page_fails
        return cls(app, world, engine, record.container, record.port, image=image, page_fails=page_fails)

    @property
    def serving_port(self) -> int:
        """0 when nothing serves, or its engine does not answer."""
        return self.port if self.state is ContainerState.RUNNING else 0

    @property
    def state(self) -> ContainerState | None:
        """None where its engine does not answer."""
        if self.engine is None:
            return ContainerState.ABSENT
        try:
            return self.engine.inspect(self.name).state
        except EngineError:
            return None

    def step_aside(self, successor: Engine) -> None:
        """Stops it, and keeps it when it was serving, or did until somebody stopped it."""
        if self.engine is None or self.aside:
            return
        if self.engine.name != successor.name:
            self.world.reporter.note(f"stopping {self.name} on {self.engine.name}")
        state = self.state
        if state is not None and self.left_aside(self.engine):
            self.aside = True
            self.engine.remove(self.name)
        elif self.port and (state is ContainerState.RUNNING or self.was_stopped(self.engine)):
            self.aside = True
            self.engine.set_aside(self.name, grace_seconds=GRACE_SECONDS)
        elif state is None:
            self.world.reporter.warn(f"{self.engine.name} does not answer: {self.name} stays there as it is")
        else:
            self.engine.remove(self.name)

    def left_aside(self, engine: Engine) -> bool:
        """Whether an `up` was killed, or lost its machine: what served is aside, and what has its name never
        did."""
        return self._is_at(aside_name(self.name), engine) and not self._is_at(self.name, engine)

    def was_stopped(self, engine: Engine) -> bool:
        """Whether it has ended, and not by itself: an `up` was killed while it set this aside, or the machine
        went down."""
        running = engine.inspect(self.name)
        ended = running.state is ContainerState.EXITED and not running.out_of_memory
        return ended and running.exit_code in STOPPED and self._is_at(self.name, engine)

    def _is_at(self, name: str, engine: Engine) -> bool:
        # podman names images in full
        image = f"/{engine.inspect(name).image_reference}"
        return bool(self.image) and image.endswith(f"/{self.image}")

    def come_back(self) -> None:
        """After its successor failed: it serves again, or the record of it goes. One that is there and does
        not serve is told of by `ps`, and has its port at the next start."""
        if self.engine is None or not self.aside:
            if self.state is ContainerState.ABSENT:
                self.app.state.drop_record()
            return
        self.aside = False  # a further try sets it aside again
        self.world.reporter.note("bringing back what ran before")
        try:
            self.engine.bring_back(self.name)
        except EngineError as error:
            self.app.state.drop_record()
            self.world.reporter.warn(
                f"what ran before was stopped and could not be started again: {error.message}"
            )
            return
        if healthy_inside(self.engine, self.name, limit_seconds=BACK_SECONDS):
            self.world.reporter.note(f"what ran before serves again on port {self.port}")
        else:
            self.world.reporter.warn(f"what ran before was started again, but is not healthy: {self.name}")

    def be_gone(self) -> None:
        """After its successor came up."""
        if self.engine is None or not self.aside:
            return
        try:
            self.engine.remove(aside_name(self.name))
        except EngineError as error:
            self.world.reporter.warn(f"{aside_name(self.name)} is stopped but still there: {error.message}")
