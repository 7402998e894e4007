"""Starts and ends the servers of Debian's packages that back an app on the host engine, as processes of this
machine (docs/adr/0056-servers-without-an-engine.md)."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from pathlib import Path

import msgspec

from okamochi.debian.workshop import Workshop
from okamochi.errors import EngineError, PlanError, RegistryError
from okamochi.model.backing_service import BackingService
from okamochi.model.suites import suite_named
from okamochi.oci.native import native_platforms
from okamochi.run.engine import Engine
from okamochi.run.host.engine import HostEngine
from okamochi.run.host.servers.kinds import SERVERS
from okamochi.run.host.servers.running import HostServer
from okamochi.run.ports import PORT_TRIES, is_free, taken_port_error
from okamochi.run.state import OwnServer
from okamochi.system.project_files import DiskProject, ProjectFiles
from okamochi.system.world import World
from okamochi.workflows.starting.apps import App
from okamochi.workflows.starting.env_values import Values
from okamochi.workflows.starting.own_addresses import access_of, addressed, container_name, moved
from okamochi.workflows.starting.web_port import port_lock

__all__ = ["end_former_servers", "start_own_servers", "stop_own_servers"]

SUITE = "trixie"
HELPERS = ("dash", "libnss-wrapper")
"""What initdb needs: a shell, and a name for its user."""


def start_own_servers(
    services: Sequence[BackingService], values: Values, engine: Engine, app: App, world: World
) -> Values:
    """Those that do not run yet; one that the app has no more is ended. `values` with their addresses.
    EngineError when one does not become ready, RegistryError where
    its packages cannot be had; an app that can do without it does."""
    if not isinstance(engine, HostEngine):
        return values
    wanted = {one.name: one for one in app.state.own_servers()}
    stop_own_servers(engine, app, but={container_name(app, name) for name in wanted})
    for service in (one for one in services if one.name in wanted):
        try:
            wanted[service.name] = running_server(service, wanted[service.name], engine, app, world)
        except (EngineError, PlanError, RegistryError) as error:
            if service.required:
                raise
            world.reporter.warn(f"{service.name}: {error.message}; the app starts without it")
            del wanted[service.name]
    app.state.put_own_servers(tuple(wanted.values()))
    return addressed(services, values, app, world)


def running_server(
    service: BackingService, own: OwnServer, engine: HostEngine, app: App, world: World
) -> OwnServer:
    """The same where it runs; else as it was started, at another port if its own is taken."""
    access = access_of(service, own, app.state, world)
    server = HostServer(engine, app.identity, container_name(app, service.name), service, access)
    if server.runs:
        return own
    engine.remove(server.name)
    root = server_root(service, own, world)
    files = tuple(initial_files(service, DiskProject.open(app.root), world))
    place: OwnServer | None = own
    for _ in range(PORT_TRIES):
        if place is None:
            break
        own = msgspec.structs.replace(place, root=str(root))
        with port_lock(own.port, world):
            if is_free(own.port, own.address):
                with world.reporter.step(f"Starting {service.name} ({SERVERS[service.kind].title})"):
                    access = access_of(service, own, app.state, world)
                    keeper = replace(server, access=access, root=root, initial_files=files).start()
                Workshop.hold(world, root, pid=keeper)
                world.reporter.note(f"{service.name} is at {own.address}:{own.port}")
                return own
        place = moved(own, service, world)
    raise taken_port_error(own.port, world.runner, setting=f"the address of {service.name}")


def end_former_servers(engine: Engine, app: App, world: World) -> None:
    """Where the app has gone from the host engine to another one."""
    if engine.name == "host" or not app.state.own_servers():
        return
    stop_own_servers(HostEngine.of(world), app)
    names = " and ".join(one.name for one in app.state.own_servers())
    world.reporter.note(
        f"the data of {names} on --engine host stays there; okamochi down --volumes removes it"
    )
    app.state.put_own_servers(())


def stop_own_servers(engine: Engine, app: App, *, but: Set[str] = frozenset()) -> None:
    """Their data stays."""
    for one in engine.containers(app.identity):
        if one.is_server and one.name not in but:
            engine.stop(one.name, grace_seconds=30)
            engine.remove(one.name)


def server_root(service: BackingService, own: OwnServer, world: World) -> Path:
    """The newest packages; those of before where they cannot be asked for."""
    server = SERVERS[service.kind]
    workshop = Workshop(world, suite_named(SUITE), native_platforms()[0])
    try:
        return workshop.server_root((*HELPERS, *server.packages), server.title)
    except (RegistryError, PlanError) as error:
        before = Path(own.root)
        if not own.root or not before.is_dir():
            raise
        world.reporter.note(f"{service.name}: the packages of before are used: {error.message}")
        return before


def initial_files(
    service: BackingService, project: ProjectFiles, world: World
) -> Iterator[tuple[str, bytes]]:
    """Name and content of each that the server is fed with."""
    for name in service.initial_files:
        content = project.read_bytes(name) if name.endswith(".sql") else None
        if SERVERS[service.kind].fed is not None and content is not None:
            yield name, content
        else:
            world.reporter.warn(f"{service.name}: {name} is not run without an engine; run it by hand")
