"""Starts and ends the servers of an app's backing services on a machine without an engine."""

import os
import time
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from okamochi.errors import EngineError
from okamochi.model.backing_service import BackingService
from okamochi.model.process import Process, ProcessType
from okamochi.run.host.engine import HostEngine
from okamochi.run.host.fence import fence
from okamochi.run.host.isolation import described
from okamochi.run.host.records import Records
from okamochi.run.host.servers.kinds import SERVERS
from okamochi.run.host.servers.places import OwnRoot, OwnUser, emptied, place_for
from okamochi.run.host.servers.server import Access, Command, Server
from okamochi.run.spec import SERVICE_LABEL, ContainerState, Running, RunSpec
from okamochi.system.files import write_atomic

if TYPE_CHECKING:
    from typing import BinaryIO

    from okamochi.system.process import Completed

__all__ = ["HostServer", "data_volume"]

MADE = "made"
"""The file that says of which server the data is; it is written when the data is whole."""
READY_SECONDS = 120
COMMAND_SECONDS = 300
LOG_LINES = 20


@dataclass(frozen=True)
class HostServer:
    """The server of one service of one app. `root` has its packages' files; `name` is the container's,
    `initial_files` are names and contents of SQL that its first start runs."""

    engine: HostEngine
    app: str
    name: str
    service: BackingService
    access: Access
    root: Path = Path()
    initial_files: Sequence[tuple[str, bytes]] = ()

    def start(self) -> int:
        """The number of the process that keeps it, when it answers. EngineError where it does not, with the
        end of what it said."""
        self.engine.remove(self.name)
        folder = self._records.make_folder(self.spec)
        place = self._place
        place.prepare(self._server.programs)
        first = self._is_first()
        if first:
            emptied(place.host_data, place)
            for command in self._server.first(place, self.access):
                self._done(command, "could not make its data")
        for name, text in self._server.files(place, self.access).items():
            write_atomic(place.host_data / name, text.encode(), mode=0o600)
            place.give(place.host_data / name)
        told = self._told(self._server.serves(place, self.access))
        keeper = self.engine.start_as_described(self.spec, folder, told)
        self._wait()
        if first:
            self._feed()
            write_atomic(place.folder / MADE, self._server.title.encode())
        return keeper

    @property
    def runs(self) -> bool:
        """With data that is whole: a first start may have been interrupted."""
        running = self.engine.inspect(self.name).state is ContainerState.RUNNING
        return running and (self._place.folder / MADE).is_file()

    @property
    def spec(self) -> RunSpec:
        process = Process(
            name=self.service.name,
            type=ProcessType.WORKER,
            argv=(self._server.title,),
            stop_signal=self._server.stop_signal,
        )
        return RunSpec(
            name=self.name,
            app=self.app,
            image_reference=self._server.title,
            process=process,
            published_port=self.access.port,
            bind_address=self.access.address,
            labels=((SERVICE_LABEL, self.service.name),),
        )

    def inside(
        self, argv: tuple[str, ...], *, source: "BinaryIO | None" = None, into: "BinaryIO | None" = None
    ) -> "Completed":
        """A script with the server's own programs, from one open file into another; the server need not
        run."""
        with self._described(Command(argv)) as run:
            return self.engine.runner.stream(run, source=source, into=into)

    def _is_first(self) -> bool:
        """Whether there is no whole data yet. EngineError for another server's."""
        try:
            found = (self._place.folder / MADE).read_text()
        except FileNotFoundError:
            return True
        if found == self._server.title:
            return False
        raise EngineError(
            f"the data of {self.service.name} is {found}'s, and {self._server.title} cannot read it",
            where=str(self._place.folder),
            hint="back it up with the okamochi that made it, then 'okamochi down --volumes' and restore",
        )

    def _feed(self) -> None:
        for name, content in self.initial_files:
            if self._server.fed is not None:
                self._done(self._server.fed(self._place, self.access, content), f"could not run {name}")

    def _wait(self) -> None:
        ends = time.monotonic() + READY_SECONDS
        while not self._server.ready(self.access):
            running = self.engine.inspect(self.name)
            if running.state is not ContainerState.RUNNING or time.monotonic() > ends:
                raise self._failure(f"did not become ready: {ended(running)}", self.engine.logs(self.name))
            time.sleep(0.1)

    def _done(self, command: Command, failure: str) -> None:
        done = self._run(command)
        if not done.ok:
            raise self._failure(failure, done.said)

    def _run(self, command: Command) -> "Completed":
        with self._described(command) as run:
            return self.engine.runner.run(
                run, stdin=command.stdin, timeout_seconds=COMMAND_SECONDS, merge_stderr=True
            )

    def _described(self, command: Command) -> AbstractContextManager[tuple[str, ...]]:
        """What starts it."""
        told, client = self._told(command.argv), self._server.client(self._place, self.access)
        path = ":".join(filter(None, (client.get("PATH"), told["env"]["PATH"])))
        told["env"] |= {**client, "PATH": path, **dict(command.environment)}
        return described(self._records.folder(self.spec), told)

    def _failure(self, what: str, said: str) -> EngineError:
        self.engine.stop(self.name, grace_seconds=5)
        return EngineError(
            f"{self.service.name} ({self._server.title}) {what}",
            where="--engine host",
            hint="the last lines of what it said are above; its address can be given with --env-file instead",
            details=tuple(said.splitlines()[-LOG_LINES:]),
        )

    def _told(self, argv: Iterable[str]) -> dict[str, Any]:
        folder, place = self._records.folder(self.spec), self._place
        confined = {}
        if isinstance(place, OwnUser) and self.engine.fences:
            reads, writes = (str(place.root), str(place.programs)), (str(place.folder),)
            confined["confined"] = fence(reads, writes)
        return {
            "namespaces": {},
            "argv": tuple(argv),
            "tmp_bytes": 0,
            "binds": (),
            "limits": (("RLIMIT_CORE", 0),),
            "cores": os.cpu_count() or 1,
            "status": str(folder / "status.json"),
            "log": str(folder / "log"),
            **place.launch,
            **confined,
        }

    @property
    def _server(self) -> Server:
        return SERVERS[self.service.kind]

    @property
    def _records(self) -> Records:
        return Records(self.engine.state_root)

    @property
    def _place(self) -> OwnRoot | OwnUser:
        kept = self._records.volume_folder(self.app, data_volume(self.service.name))
        return place_for(self.root, kept, self._records.folder(self.spec) / "programs")


def data_volume(service: str) -> str:
    """The name of the volume that holds its data."""
    return f"{service}-data"


def ended(running: Running) -> str:
    if running.state is ContainerState.RUNNING:
        return f"it gave no answer for {READY_SECONDS} s"
    return f"it ended with exit code {running.exit_code}"
