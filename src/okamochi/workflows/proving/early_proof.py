"""The entry point asked while layers are still being compressed: what they hold is on the disk already.

It runs beside the build, whose image is made of the same entries, and decides nothing: whoever proves that
image takes the answer from here. Where anything is in the way there is no answer, and the image is unpacked
and asked as always.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from okamochi.errors import OkamochiError
from okamochi.oci.native import native_platforms
from okamochi.system.world import World

if TYPE_CHECKING:
    from okamochi.model.plan import Plan
    from okamochi.oci.entry import Entry
    from okamochi.oci.image_config import ImageConfig
    from okamochi.oci.packing import LayerRequest
    from okamochi.run.host.engine import HostEngine
    from okamochi.run.proof.answer import Answer
    from okamochi.run.spec import Trial
    from okamochi.system.process import Completed

__all__ = ["EarlyProof"]


class EarlyProof:
    """Of one build. `given` are values of variables, as for `prove_entry`; `asked`: an answer may come."""

    def __init__(self, world: World, given: Mapping[str, str]) -> None:
        self._world = world
        self._given = given
        self._engine: HostEngine | None = None
        self._answer: Answer | None = None
        self.asked = False
        self._laid, self._told, self._ended = threading.Event(), threading.Event(), threading.Event()

    def prepare(self) -> None:
        """Finds out how this machine can keep the app to itself, while there is nothing to ask yet."""
        from okamochi.run.host.engine import HostEngine

        self._engine = engine = HostEngine.of(self._world)

        def probe() -> None:
            with suppress(OkamochiError, OSError):
                engine.facts()

        # who ends meanwhile waits for it, a tenth of a second: its folder would stay
        threading.Thread(target=probe, name="early-proof-probe", daemon=False).start()

    def start(
        self,
        plan: "Plan",
        config: "ImageConfig",
        layers: "Sequence[LayerRequest]",
        ready: Callable[[], object],
    ) -> None:
        """`ready` returns when everything is compiled."""
        if str(config.platform) not in map(str, native_platforms()):
            return
        self.asked = True
        # a failing build ends without waiting for it: its programs end with this process
        threading.Thread(
            target=self._ask, args=(plan, config, layers, ready), name="early-proof", daemon=True
        ).start()

    def laid(self) -> None:
        """Waits until the app lies there to be asked. That takes thousands of small steps, each slow while
        others pack; and the app is loaded on one core, while others pack."""
        if self.asked:
            self._laid.wait()

    def answer(self) -> "Answer | None":
        """Waits for it; None when nothing was asked, or could not be."""
        if self.asked:
            self._told.wait()
        return self._answer

    def end(self) -> None:
        """Nobody will want the answer."""
        self._ended.set()

    def _ask(
        self,
        plan: "Plan",
        config: "ImageConfig",
        layers: "Sequence[LayerRequest]",
        ready: Callable[[], object],
    ) -> None:
        held = ExitStack()
        try:
            # only here, because most builds are of an edit and never come here
            from concurrent.futures import CancelledError

            from okamochi.run.host.engine import HostEngine
            from okamochi.run.host.lay import lay_out
            from okamochi.run.proof.trial import ask, made_up_values

            with suppress(OkamochiError, OSError, CancelledError):
                root = held.enter_context(self._world.cache.temporary())
                lay_out(self._entries(layers, ready), root, shared=self._world.cache.root / "folders")
                self._laid.set()
                if not self._ended.is_set():
                    engine = LaidOut(self._engine or HostEngine.of(self._world), config, root)
                    values = {**self._given, **made_up_values(plan, self._given)}
                    self._answer = ask(engine, "", plan, values)
        finally:
            self._laid.set()
            self._told.set()
            # only the end of the program waits until it is removed
            with suppress(RuntimeError):
                threading.Thread(target=held.close, name="early-proof-removal", daemon=False).start()

    def _entries(
        self, layers: "Sequence[LayerRequest]", ready: Callable[[], object]
    ) -> "Iterator[Sequence[Entry]]":
        """The lowest layer's bytecode is there before that of the others."""
        for layer in layers:
            for part in layer.parts:
                yield () if self._ended.is_set() else tuple(part.entries())
            if layer is layers[0]:
                ready()


class LaidOut:
    """An engine for the one image that lies in a folder."""

    def __init__(self, engine: "HostEngine", config: "ImageConfig", root: Path) -> None:
        from okamochi.run.host.images import HostImage

        self._engine = engine
        self._image = HostImage(
            digest="",
            root=str(root),
            env=config.env,
            working_dir=config.working_dir or "/",
            platform=str(config.platform),
        )

    def try_out(self, trial: "Trial") -> "Completed":
        return self._engine.try_out_in(self._image, trial)
