"""The servers of an app that runs without an engine, as a Compose project has those of a stack: their own
programs save and load what they keep."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from okamochi.model.backing_service import BackingService
from okamochi.run.compose import ComposeProject
from okamochi.run.host.engine import HostEngine
from okamochi.run.host.servers.running import HostServer
from okamochi.system.process import Completed
from okamochi.system.world import World
from okamochi.workflows.starting.apps import App
from okamochi.workflows.starting.own_addresses import access_of, container_name, own_server
from okamochi.workflows.starting.stack import stack_of

__all__ = ["OwnServers", "servers_of"]


@dataclass(frozen=True)
class OwnServers:
    """The servers of an app that runs, as a Compose project has those of a stack."""

    app: App
    services: Sequence[BackingService]
    world: World

    def inside(
        self,
        service: str,
        argv: Sequence[str],
        *,
        source: BinaryIO | None = None,
        into: BinaryIO | None = None,
    ) -> Completed:
        return self._server(service).inside(tuple(argv), source=source, into=into)

    def beside(
        self,
        service: str,
        argv: Sequence[str],
        *,
        image: str = "",
        source: BinaryIO | None = None,
        into: BinaryIO | None = None,
    ) -> Completed:
        return self.inside(service, argv, source=source, into=into)

    def halt(self, services: Iterable[str]) -> None:
        for name in services:
            engine = HostEngine.of(self.world)
            engine.stop(container_name(self.app, name), grace_seconds=30)

    def _server(self, name: str) -> HostServer:
        service = next(one for one in self.services if one.name == name)
        own = own_server(name, self.app.state)
        access = access_of(service, own, self.app.state, self.world)
        engine, container = HostEngine.of(self.world), container_name(self.app, name)
        return HostServer(engine, self.app.identity, container, service, access, Path(own.root))


def servers_of(app: App, services: Sequence[BackingService], world: World) -> ComposeProject | OwnServers:
    """What backs its services: the project of its stack, else servers of this machine."""
    stack = stack_of(app, world)
    return stack.project if stack is not None else OwnServers(app, services, world)
