"""Runs images with no engine: the image's own files, isolated as far as this machine allows."""

import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from okamochi.errors import EngineError
from okamochi.run.host import follow_logs
from okamochi.run.host.images import HostImage, HostImages
from okamochi.run.host.isolation import (
    Apart,
    Isolation,
    can_fence,
    described,
    launcher_argv,
    probed_isolation,
    substituted,
)
from okamochi.run.host.launch import Launch
from okamochi.run.host.launcher import kill_group
from okamochi.run.host.names import Names, names_for
from okamochi.run.host.records import (
    Records,
    belongs_to,
    gone,
    is_alive,
    keeper_done,
    read_json,
    read_spec,
    read_text,
)
from okamochi.run.host.sockets import ports_open_to_others
from okamochi.run.host.trials import tried
from okamochi.run.ports import becomes_free, listening_processes, taken_port_error
from okamochi.run.spec import ContainerState, EngineFacts, Running, RunSpec, Trial, aside_name
from okamochi.system.cache_owner import remove_tree
from okamochi.system.environ import state_dir
from okamochi.system.file_systems import holds_roots
from okamochi.system.files import write_atomic
from okamochi.system.process import Completed, Runner

if TYPE_CHECKING:
    from typing import BinaryIO

    from okamochi.oci.image import Image
    from okamochi.oci.reference import Reference
    from okamochi.run.compose_program import ComposeProgram
    from okamochi.system.world import World

__all__ = ["HostEngine"]

LOST = 137  # ended while nobody looked, as after a restart of the machine
ONCE_SECONDS = 900


@dataclass(frozen=True)
class HostEngine:
    """`state_root` is the folder of its records.

    `world` is for uv, where the image's own programs cannot run."""

    runner: Runner
    images: HostImages
    state_root: Path
    world: "World | None" = None

    @classmethod
    def of(cls, world: "World") -> "HostEngine":
        return cls(world.runner, HostImages(world.cache), state_dir(world.environ), world)

    name = "host"
    composes = False

    def compose(self) -> "ComposeProgram":
        raise EngineError(
            "such services are started on docker and podman only",
            where="--engine host",
            hint=f"use --engine docker or podman{self._another_user}",
        )

    @property
    def _another_user(self) -> str:
        if os.geteuid() != 0 or self.starts_servers:
            return ""
        return "; or be another user than root, who may become none here: databases refuse to be root"

    def facts(self) -> EngineFacts:
        self._need_posix()
        way = self._isolation
        servers = "; databases are servers of Debian's packages" if self.starts_servers else ""
        detail = f"{sys.platform}; {way.apart.said}{servers}" if sys.platform == "linux" else sys.platform
        return EngineFacts(name=self.name, detail=detail, missing=way.missing)

    @property
    def starts_servers(self) -> bool:
        """Whether servers of Debian's packages can run: most refuse to be root."""
        way = self._isolation
        becomes_another = way.apart in (Apart.NAMESPACES, Apart.JAIL) and holds_roots(self.state_root)
        return way.own_programs and (os.geteuid() != 0 or becomes_another)

    @cached_property
    def fences(self) -> bool:
        """Whether a program without a root of its own can be kept to its files."""
        if not self._isolation.rooted:
            return self._isolation.fenced
        with self.images.cache.temporary() as folder:
            return can_fence(self.runner, folder)

    def load(self, image: "Image", reference: "Reference") -> None:
        self._need_posix()
        self.images.put(image, reference)

    def has(self, reference: str) -> bool:
        return self.images.find(reference) is not None

    def pull(self, reference: str) -> str:
        """Nothing but what was built here."""
        return "" if self.has(reference) else "the host engine runs what was built here alone"

    def remove_image(self, reference: str) -> None:
        """They lie in the cache, whose limit takes care of them."""

    def start(self, spec: RunSpec) -> None:
        image, folder = self._prepared(spec)
        keeper = self._supervised(spec, folder)
        with suppress(EngineError):
            self.images.hold(image, process=keeper)

    def start_as_described(self, spec: RunSpec, folder: Path, launch: Mapping[str, Any]) -> int:
        """A container of other files than an image's, with its records in `folder`: the number of the process
        that keeps it."""
        self._write(spec, folder, launch)
        return self._supervised(spec, folder)

    def _supervised(self, spec: RunSpec, folder: Path) -> int:
        completed = self.runner.run(launcher_argv("supervise", folder / "launch.json"), timeout_seconds=60)
        if not completed.ok:
            raise start_error(spec, completed)
        return int(read_json(folder / "status.json").get("keeper", os.getpid()))

    def _write(self, spec: RunSpec, folder: Path, launch: Mapping[str, Any]) -> None:
        write_atomic(folder / "spec.json", msgspec.json.encode(spec), mode=0o600)
        write_atomic(folder / "launch.json", json.dumps(launch).encode(), mode=0o600)

    def run_once(self, spec: RunSpec) -> Completed:
        _, folder = self._prepared(spec)
        try:
            return self.runner.run(
                launcher_argv("run", folder / "launch.json"), timeout_seconds=ONCE_SECONDS, merge_stderr=True
            )
        finally:
            self.remove(spec.name)

    def _prepared(self, spec: RunSpec) -> tuple[HostImage, Path]:
        """The container's folder, with all that its launcher reads."""
        self._need_posix()
        image = self.images.get(spec.image_reference)
        self.remove(spec.name)
        folder, launch = self._records.make_folder(spec), self._launch(image, spec)
        launch.make_volumes()
        names = names_for(spec, self._records)
        launch.write_hosts(names)
        self._fill(launch, names)
        self._write(spec, folder, launch.description(spec.process.argv))
        return image, folder

    def _launch(self, image: HostImage, spec: RunSpec) -> Launch:
        return Launch(image, spec, self._way(image), self._records)

    def _fill(self, launch: Launch, names: Names) -> None:
        """What stands in for a root of its own, where the machine gives none."""
        way = launch.way
        if way.rooted:
            return
        if way.own_programs:
            launch.fill_shim(names=names)
            return
        if self.world is None:
            raise EngineError(
                "the image's files are programs of another system or machine",
                where=f"{launch.image.platform or 'the image'} on {sys.platform}",
                hint="use --engine docker or --engine podman",
            )
        from okamochi.run.host.substitute import uv_environment_of

        if self._isolation.own_programs:  # then facts() has told something else
            for sentence in way.missing:
                self.world.reporter.warn(f"{self.name}: {sentence}")
        launch.fill_shim(partial(uv_environment_of, self.world))

    def inspect(self, name: str) -> Running:
        folder = self._records.find(name)
        if folder is None:
            return Running(name=name, app="", state=ContainerState.ABSENT)
        spec = read_spec(folder)
        status = read_json(folder / "status.json")
        alive = bool(status) and "exit_code" not in status and is_alive(status)
        return Running(
            name=name,
            app=spec.app,
            state=ContainerState.RUNNING if alive else ContainerState.EXITED,
            exit_code=0 if alive else int(status.get("exit_code", LOST)),
            image_reference=spec.image_reference,
            address=f"{spec.bind_address}:{spec.published_port}" if spec.published_port else "",
            labels=spec.all_labels,
        )

    def inspect_each(self, names: Sequence[str]) -> dict[str, Running]:
        found = (self.inspect(name) for name in names)
        return {one.name: one for one in found if one.state is not ContainerState.ABSENT}

    def stranger_at(self, name: str, port: int) -> str:
        """No engine refuses the port here: between choosing and listening, somebody else may have it."""
        folder = self._records.find(name)
        status = read_json(folder / "status.json") if folder is not None else {}
        listeners = listening_processes(port) if status else ()
        if not listeners or any(belongs_to(process, int(status["pid"])) for process, _ in listeners):
            return ""
        process, command = listeners[0]
        return f"{command} (process {process})"

    def open_ports(self, name: str) -> tuple[int, ...]:
        """The network is the machine's: a server whose code says so listens to all who reach it."""
        folder = self._records.find(name)
        status = read_json(folder / "status.json") if folder is not None else {}
        return ports_open_to_others(int(status["pid"])) if "pid" in status else ()

    def logs(self, name: str, *, tail: int = 200) -> str:
        folder = self._records.find(name)
        if folder is None:
            return ""
        text = "".join(read_text(folder / part) for part in ("log.1", "log"))
        return "\n".join(text.splitlines()[-tail:])

    def follow_logs(self, *names: str, tail: int = 200) -> int:
        folders = tuple(map(self._records.must_find, names))
        if len(folders) == 1:
            return self.runner.passthrough(("tail", "-n", str(tail), "-F", str(folders[0] / "log")))
        named = (f"{read_spec(one).process.name}={one / 'log'}" for one in folders)
        program = (sys.executable, "-I", "-S", str(follow_logs.__file__), str(tail))
        return self.runner.passthrough((*program, *named))

    def exec(self, name: str, argv: tuple[str, ...], *, interactive: bool = False) -> int:
        """In a sandbox of its own kind and with the same volumes, beside the running app."""
        with self._one_off(name, argv) as command:
            return self.runner.passthrough(command)

    def check(self, name: str, argv: tuple[str, ...]) -> tuple[bool, str]:
        with self._one_off(name, argv) as command:
            completed = self.runner.run(command, timeout_seconds=30)
        return completed.ok, completed.said

    def beside(
        self,
        name: str,
        argv: tuple[str, ...],
        *,
        source: "BinaryIO | None" = None,
        into: "BinaryIO | None" = None,
    ) -> Completed:
        with self._one_off(name, argv) as command:
            return self.runner.stream(command, source=source, into=into)

    def try_out(self, trial: Trial) -> Completed:
        self._need_posix()
        return self.try_out_in(self.images.get(trial.image_reference), trial)

    def try_out_in(self, image: HostImage, trial: Trial) -> Completed:
        """In an image that need not be among `images`."""
        with self.images.cache.temporary() as folder:
            return tried(self.runner, image, trial, self._way(image), folder)

    def stop(self, name: str, *, grace_seconds: int) -> None:
        folder = self._records.find(name)
        if folder is None:
            return
        status = read_json(folder / "status.json")
        if not status or "exit_code" in status or not is_alive(status):
            return
        with suppress(ProcessLookupError):
            os.kill(int(status["pid"]), signal.Signals[read_spec(folder).process.stop_signal])
        if not gone(status, grace_seconds):
            kill_group(int(status["pid"]))
            gone(status, 5)

    def remove(self, name: str) -> None:
        folder = self._records.find(name)
        if folder is None:
            return
        self.stop(name, grace_seconds=3)
        keeper_done(folder / "status.json")
        remove_tree(folder)

    def set_aside(self, name: str, *, grace_seconds: int) -> None:
        folder = self._records.must_find(name)
        self.stop(name, grace_seconds=grace_seconds)
        keeper_done(folder / "status.json")
        self.remove(aside_name(name))
        folder.rename(folder.with_name(aside_name(name)))

    def bring_back(self, name: str) -> None:
        # the latter where setting it aside failed
        spec = read_spec(self._records.find(aside_name(name)) or self._records.must_find(name))
        self.stop(name, grace_seconds=3)
        # no engine refuses the port here, and whoever listens there would answer for the app
        if spec.published_port and not becomes_free(spec.published_port, spec.bind_address):
            raise taken_port_error(spec.published_port, self.runner)
        self.start(spec)
        self.remove(aside_name(name))

    def containers(self, app: str = "") -> tuple[Running, ...]:
        found = (self.inspect(name) for name in self._records.containers(app))
        return tuple(sorted(found, key=lambda running: running.name))

    def stack_containers(self, app: str) -> tuple[str, ...]:
        return ()  # no Compose starts anything here

    def remove_networks(self, app: str) -> None:
        pass

    def volumes(self, app: str) -> tuple[str, ...]:
        return self._records.volumes(app)

    def remove_volumes(self, app: str) -> tuple[str, ...]:
        return self._records.remove_volumes(app)

    @property
    def _records(self) -> Records:
        return Records(self.state_root)

    @cached_property
    def _isolation(self) -> Isolation:
        return probed_isolation(self.runner)

    def _way(self, image: HostImage) -> Isolation:
        return self._isolation if image.runs_here else substituted()

    def _need_posix(self) -> None:
        if os.name == "posix":
            return
        raise EngineError(
            "the host engine needs Linux, macOS or another Unix",
            where=f"--engine host on {sys.platform}",
            hint="work inside WSL, or install docker or podman",
        )

    @contextmanager
    def _one_off(self, name: str, argv: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        """What starts it; the description that this reads is gone afterwards."""
        folder = self._records.must_find(name)
        spec = read_spec(folder)
        launch = self._launch(self.images.get(spec.image_reference), spec).description(argv)
        launch["env"].setdefault("TERM", os.environ.get("TERM", "dumb"))
        with described(folder, launch) as command:
            yield command


def start_error(spec: RunSpec, completed: Completed) -> EngineError:
    return EngineError(
        f"{spec.name} could not be started on this machine",
        where="--engine host",
        hint="`okamochi doctor` shows what this machine allows",
        details=tuple(completed.error_text.splitlines()[-10:]),
    )
