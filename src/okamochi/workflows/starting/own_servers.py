"""Backing services on the host engine that nobody gave: servers of Debian's packages, as processes of this
machine, each app's its own (docs/adr/0056-servers-without-an-engine.md)."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from pathlib import Path

import msgspec

from okamochi.debian.workshop import Workshop
from okamochi.errors import EngineError, PlanError, RegistryError
from okamochi.model.backing_service import LOOPBACK_PREFIX, BackingService, ServiceKind, ServiceVariable
from okamochi.model.plan import Plan
from okamochi.model.suites import suite_named
from okamochi.oci.native import native_platforms
from okamochi.render.service_containers import password_name
from okamochi.run.engine import Engine
from okamochi.run.host.engine import HostEngine
from okamochi.run.host.servers.kinds import SERVERS
from okamochi.run.host.servers.running import HostServer, data_volume
from okamochi.run.host.servers.server import LOOPBACK, Access
from okamochi.run.machine import answers
from okamochi.run.ports import PORT_TRIES, choose_port, is_free, taken_port_error
from okamochi.run.spec import SERVICE_LABEL, ContainerState
from okamochi.run.state import AppState, OwnServer
from okamochi.system.project_files import DiskProject, ProjectFiles
from okamochi.system.world import World
from okamochi.workflows.starting.apps import App
from okamochi.workflows.starting.coded_passwords import keep_coded_passwords
from okamochi.workflows.starting.env_values import Values
from okamochi.workflows.starting.given_services import leads, place_of
from okamochi.workflows.starting.stack_services import simple_password
from okamochi.workflows.starting.web_port import port_lock

__all__ = [
    "access_of",
    "container_name",
    "end_former_servers",
    "own_services",
    "start_own_servers",
    "startable",
    "stop_own_servers",
    "with_own_servers",
]

SUITE = "trixie"
HELPERS = ("dash", "libnss-wrapper")
"""What initdb needs: a shell, and a name for its user."""
ABOVE = 10000
"""Added to a kind's usual port, which may be wanted by a server of the machine's own."""
URL_OF_HOST = "://{host}"


def startable(engine: Engine) -> frozenset[ServiceKind]:
    """The kinds whose servers run on this machine without an engine."""
    return frozenset(SERVERS if isinstance(engine, HostEngine) and engine.starts_servers else ())


def with_own_servers(plan: Plan, values: Values, engine: Engine, app: App, world: World) -> Values:
    """With the addresses of the servers that `start_own_servers` is to start, which the state remembers."""
    known, kinds, kept = values.known(app.state), startable(engine), []
    for service in plan.services:
        if service.kind not in kinds or place_of(service, known)[0] or made_without(service, engine, app):
            continue
        port = own_port(service, engine, app, world)
        if not port:
            continue
        kept.append(OwnServer(name=service.name, port=port, root=former_root(service, app.state)))
        keep_coded_passwords((service,), values, app.root, app.state, world)
        title = SERVERS[service.kind].title
        world.reporter.note(
            f"{service.name}: {title} from Debian's packages, for this app alone, instead of {service.image}"
        )
    app.state.put_own_servers(tuple(kept))
    return addressed(plan.services, values, app, world)


def addressed(services: Sequence[BackingService], values: Values, app: App, world: World) -> Values:
    """With the variables that lead to the app's own servers."""
    plain, secrets = dict(values.plain), set(values.secret_names)
    ports = {one.name: one.port for one in app.state.own_servers()}
    for service in (one for one in services if one.name in ports):
        access = access_of(service, ports[service.name], app.state, world)
        for variable in () if service.has_door else service.variables:
            value = address_in(variable, access)
            if not access.password or access.password not in value:
                plain[variable.name] = value
                continue
            secrets.add(variable.name)
            # the password itself lives as long as the data: as a value that was given, `down` would forget it
            if variable.name != password_name(service):
                app.state.keep_secret(variable.name, value)
    return replace(values, plain=tuple(sorted(plain.items())), secret_names=tuple(sorted(secrets)))


def made_without(service: BackingService, engine: Engine, app: App) -> bool:
    """Whether the app, which can do without it, has data already and none there: with an empty database in
    the place of its SQLite file it would have lost all."""
    volumes = engine.volumes(app.identity)
    has_data = bool(volumes) or app.state.record() is not None
    return not service.required and has_data and data_volume(service.name) not in volumes


def own_port(service: BackingService, engine: Engine, app: App, world: World) -> int:
    """That of before, while it is ours or free; 0 where no server of ours would be found: the code has an
    address fixed at which somebody else answers, or no variable says where to look."""
    former = next((one.port for one in app.state.own_servers() if one.name == service.name), 0)
    running = engine.inspect(container_name(app, service.name)).state is ContainerState.RUNNING
    if service.has_door:
        names = (one.name for one in service.variables if one.name.startswith(LOOPBACK_PREFIX))
        door = int(next(names).removeprefix(LOOPBACK_PREFIX))
        return 0 if answers(LOOPBACK, door) and not (running and former == door) else door
    if not any(map(leads, service.variables)):
        return 0
    if former and (running or is_free(former)):
        return former
    return choose_port(ABOVE + service.port, explicit=False, runner=world.runner)


def access_of(service: BackingService, port: int, state: AppState, world: World) -> Access:
    """The password is made once and lives as long as the data; code that has its address fixed has its own,
    or none."""
    password = ""
    if wants_password(service):
        name = password_name(service)
        password, made = state.generated_secret(name, make=simple_password)
        if made:
            world.reporter.note(f"{name}: generated once, kept in {state.secrets_folder / name}")
    return Access(port=port, user=service.user, database=service.database, password=password)


def wants_password(service: BackingService) -> bool:
    """A Redis has one where addresses alone lead to it: what reads a host and a port knows of none."""
    if service.kind is ServiceKind.REDIS:
        return not service.has_door and all(URL_OF_HOST in one.template for one in service.variables)
    return bool(service.user) and not service.is_open


def address_in(variable: ServiceVariable, access: Access) -> str:
    template = variable.template
    if access.password and "{password}" not in template:
        template = template.replace(URL_OF_HOST, "://:{password}@{host}")
    return template.format(
        host=LOOPBACK, port=access.port, user=access.user, password=access.password, database=access.database
    )


def start_own_servers(
    services: Sequence[BackingService], values: Values, engine: Engine, app: App, world: World
) -> Values:
    """Those that do not run yet; one that the app has no more is ended. `values` with their addresses, as
    somebody may have taken a port meanwhile. EngineError when one does not become ready, RegistryError where
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
            values = without(service, values)
    app.state.put_own_servers(tuple(wanted.values()))
    return addressed(services, values, app, world)


def without(service: BackingService, values: Values) -> Values:
    """As if nothing led there."""
    names = {one.name for one in service.variables}
    plain = tuple(pair for pair in values.plain if pair[0] not in names)
    return replace(
        values, plain=plain, secret_names=tuple(one for one in values.secret_names if one not in names)
    )


def running_server(
    service: BackingService, own: OwnServer, engine: HostEngine, app: App, world: World
) -> OwnServer:
    """The same where it runs; else as it was started, at another port if its own is taken."""
    access = access_of(service, own.port, app.state, world)
    server = HostServer(engine, app.identity, container_name(app, service.name), service, access)
    if server.runs:
        return own
    engine.remove(server.name)
    root = server_root(service, own, world)
    files = tuple(initial_files(service, DiskProject.open(app.root), world))
    port = own.port
    for _ in range(PORT_TRIES):
        with port_lock(port, world):
            if is_free(port):
                with world.reporter.step(f"Starting {service.name} ({SERVERS[service.kind].title})"):
                    access = msgspec.structs.replace(access, port=port)
                    keeper = replace(server, access=access, root=root, initial_files=files).start()
                Workshop.hold(world, root, pid=keeper)
                world.reporter.note(f"{service.name} is at {LOOPBACK}:{port}")
                return OwnServer(name=own.name, port=port, root=str(root))
        if service.has_door:
            break
        port = choose_port(port + 1, explicit=False, runner=world.runner)
    raise taken_port_error(port, world.runner, setting=f"the address of {service.name}")


def own_services(services: Sequence[BackingService], state: AppState) -> tuple[BackingService, ...]:
    """Those of an app that are servers of this machine, as what they are."""
    names = {one.name for one in state.own_servers()}
    own = (one for one in services if one.name in names)
    return tuple(msgspec.structs.replace(one, image=SERVERS[one.kind].image) for one in own)


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
        if SERVICE_LABEL in dict(one.labels) and one.name not in but:
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


def former_root(service: BackingService, state: AppState) -> str:
    return next((one.root for one in state.own_servers() if one.name == service.name), "")


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


def container_name(app: App, service: str) -> str:
    return f"okamochi-{app.identity}-{service}"
