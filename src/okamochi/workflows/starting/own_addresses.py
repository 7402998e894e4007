"""Which backing services that nobody gave are servers of this machine, on the host engine, and how the app
is told where they are (docs/adr/0056-servers-without-an-engine.md)."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from okamochi.model.backing_service import LOOPBACK_PREFIX, BackingService, ServiceKind, ServiceVariable
from okamochi.model.plan import Plan
from okamochi.render.service_containers import password_name
from okamochi.run.engine import Engine
from okamochi.run.host.engine import HostEngine
from okamochi.run.host.servers.kinds import SERVERS
from okamochi.run.host.servers.running import data_volume
from okamochi.run.host.servers.server import LOOPBACK, Access
from okamochi.run.machine import answers
from okamochi.run.ports import choose_port, is_free
from okamochi.run.spec import ContainerState
from okamochi.run.state import AppState, OwnServer
from okamochi.system.world import World
from okamochi.workflows.starting.apps import App
from okamochi.workflows.starting.coded_passwords import keep_coded_passwords
from okamochi.workflows.starting.env_values import Values
from okamochi.workflows.starting.given_services import leads, place_of
from okamochi.workflows.starting.stack_services import simple_password

__all__ = [
    "access_of",
    "addressed",
    "container_name",
    "own_server",
    "own_services",
    "startable",
    "with_own_servers",
]

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
        former = own_server(service.name, app.state)
        port = own_port(service, former.port, engine, app, world)
        if not port:
            continue
        kept.append(msgspec.structs.replace(former, port=port))
        keep_coded_passwords((service,), values, app.root, app.state, world)
        title = SERVERS[service.kind].title
        world.reporter.note(
            f"{service.name}: {title} from Debian's packages, for this app alone, instead of {service.image}"
        )
    app.state.put_own_servers(tuple(kept))
    return addressed(plan.services, values, app, world)


def own_server(name: str, state: AppState) -> OwnServer:
    """As it was started last; at port 0 when it never was."""
    return next((one for one in state.own_servers() if one.name == name), OwnServer(name=name, port=0))


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


def own_port(service: BackingService, former: int, engine: Engine, app: App, world: World) -> int:
    """That of before, while it is ours or free; 0 where no server of ours would be found: the code has an
    address fixed at which somebody else answers, or no variable says where to look."""
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


def own_services(services: Sequence[BackingService], state: AppState) -> tuple[BackingService, ...]:
    """Those of an app that are servers of this machine, as what they are."""
    names = {one.name for one in state.own_servers()}
    own = (one for one in services if one.name in names)
    return tuple(msgspec.structs.replace(one, image=SERVERS[one.kind].image) for one in own)


def container_name(app: App, service: str) -> str:
    return f"okamochi-{app.identity}-{service}"
