"""What an engine can do."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from okamochi.errors import EngineError
from okamochi.run.spec import EngineFacts, Running, RunSpec, Trial

if TYPE_CHECKING:
    from typing import BinaryIO

    from okamochi.oci.image import Image
    from okamochi.oci.reference import Reference
    from okamochi.run.compose_program import ComposeProgram
    from okamochi.system.process import Completed

__all__ = ["Engine", "NotIsolated"]


class NotIsolated(EngineError):
    """This machine has no way to run a command apart from everything else."""


class Engine(Protocol):
    """Starts, watches and ends containers. Every method may raise EngineError, with the engine's own words in
    its `details`."""

    @property
    def name(self) -> str: ...

    @property
    def composes(self) -> bool:
        """Whether it starts compose files, and so databases and what else a stack has."""
        ...

    def compose(self) -> "ComposeProgram":
        """What starts compose files on it; EngineError that says why nothing does."""
        ...

    def facts(self) -> EngineFacts:
        """EngineError that says why when the engine does not answer."""
        ...

    def load(self, image: "Image", reference: "Reference") -> None:
        """The image, known to the engine by `reference`; what the engine already has is not sent again."""
        ...

    def has(self, reference: str) -> bool:
        """Whether the engine knows an image by that name."""
        ...

    def pull(self, reference: str) -> str:
        """Why it could not get the image, in its own words; "" when it has it."""
        ...

    def remove_image(self, reference: str) -> None:
        """Takes that name from an image, and the image away that has no other; nothing to do when there is
        none. EngineError when a container is of it."""
        ...

    def start(self, spec: RunSpec) -> None:
        """A container of that name that exists is replaced."""
        ...

    def run_once(self, spec: RunSpec) -> "Completed":
        """A container that runs to its end and is gone then; its output, both streams, is in `stdout`."""
        ...

    def inspect(self, name: str) -> Running:
        """ContainerState.ABSENT when there is none."""
        ...

    def inspect_each(self, names: Sequence[str]) -> dict[str, Running]:
        """By name, those of them that are there: one question for all."""
        ...

    def stranger_at(self, name: str, port: int) -> str:
        """Who else than the container listens on its port of the host; "" where the engine itself holds that,
        and where nobody can tell."""
        ...

    def open_ports(self, name: str) -> tuple[int, ...]:
        """Those of this machine at which the container itself listens to more than the loopback; none where
        it has a network of its own."""
        ...

    def logs(self, name: str, *, tail: int = 200) -> str:
        """stdout and stderr, the last lines; empty when there is no such container."""
        ...

    def follow_logs(self, *names: str, tail: int = 200) -> int:
        """On the user's terminal until interrupted; the exit code. Of several, each part says whose it is."""
        ...

    def exec(self, name: str, argv: tuple[str, ...], *, interactive: bool = False) -> int:
        """Runs a command inside, on the user's own stdin, stdout and stderr; its exit code."""
        ...

    def check(self, name: str, argv: tuple[str, ...]) -> tuple[bool, str]:
        """Runs the health check inside: whether it exits with 0, and what it says."""
        ...

    def beside(
        self,
        name: str,
        argv: tuple[str, ...],
        *,
        source: "BinaryIO | None" = None,
        into: "BinaryIO | None" = None,
    ) -> "Completed":
        """Runs a command of the image with the volumes of a container, whether that runs or not, and waits
        for its end. `source` is its stdin, `into` takes its stdout: open files."""
        ...

    def try_out(self, trial: Trial) -> "Completed":
        """Runs a command in an image that was loaded, isolated and without network, and waits for its end.

        ProgramTimeout when it does not end in time (nothing is left running); NotIsolated when this machine
        cannot keep it in."""
        ...

    def stop(self, name: str, *, grace_seconds: int) -> None: ...

    def remove(self, name: str) -> None:
        """Nothing to do when there is none."""
        ...

    def set_aside(self, name: str, *, grace_seconds: int) -> None:
        """Stops a container and keeps it as `aside_name(name)`, so that another one can have its name."""
        ...

    def bring_back(self, name: str) -> None:
        """Starts again what was set aside, in the place of what has the name now."""
        ...

    def containers(self, app: str = "") -> tuple[Running, ...]:
        """Those that okamochi started, sorted by name; of one app, or all."""
        ...

    def stack_containers(self, app: str) -> tuple[str, ...]:
        """The names of what Compose made for the app's stack, sorted: found without the stack's file."""
        ...

    def remove_networks(self, app: str) -> None:
        """Those that Compose made for the app's stack."""
        ...

    def volumes(self, app: str) -> tuple[str, ...]:
        """Names of those that the app's data lies in, sorted."""
        ...

    def remove_volumes(self, app: str) -> tuple[str, ...]:
        """The names of those that were removed."""
        ...
