"""Which backing services that nobody gave are servers of this machine, on the host engine, and how the app
is told where they are (docs/adr/0056-servers-without-an-engine.md)."""

import hashlib
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
from okamochi.workflows.starting.machine_services import is_there
from okamochi.workflows.starting.stack_services import simple_password

__all__ = [
    "access_of",
    "addressed",
    "container_name",
    "moved",
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
        if service.kind not in kinds or made_without(service, engine, app):
            continue
        if is_there(service, known, app.state):
            continue
        own = placed(service, own_server(service.name, app.state), engine, app, world)
        if own is None:
            continue
        kept.append(own)
        keep_coded_passwords((service,), values, app.root, app.state, world)
        title = SERVERS[service.kind].title
        world.reporter.note(
            f"{service.name}: {title} from Debian's packages, for this app alone, instead of {service.image}"
        )
    app.state.put_own_servers(tuple(kept))
    return addressed(plan.services, values, app, world)


def own_server(name: str, state: AppState) -> OwnServer:
    """As it was started last; at port 0 when it never was."""
    return next((one for one in state.own_servers() if one.name == name), OwnServer(name=name))


def addressed(services: Sequence[BackingService], values: Values, app: App, world: World) -> Values:
    """With the variables that lead to the app's own servers."""
    plain, secrets = dict(values.plain), set(values.secret_names)
    own = {one.name: one for one in app.state.own_servers()}
    for service in (one for one in services if one.name in own):
        access = access_of(service, own[service.name], app.state, world)
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


def placed(
    service: BackingService, former: OwnServer, engine: Engine, app: App, world: World
) -> OwnServer | None:
    """Where it was before, while it runs or nobody else is there. Else at an address of its own, and its
    usual port; None where the code has an address fixed at which somebody else is."""
    running = engine.inspect(container_name(app, service.name)).state is ContainerState.RUNNING
    if service.has_door:
        names = (one.name for one in service.variables if one.name.startswith(LOOPBACK_PREFIX))
        door = int(next(names).removeprefix(LOOPBACK_PREFIX))
        if answers(LOOPBACK, door) and not (running and former.port == door):
            return None
        return msgspec.structs.replace(former, port=door, address=LOOPBACK)
    if former.port and (running or is_free(former.port, former.address)):
        return former
    own = msgspec.structs.replace(former, port=service.port, address=own_address(service, app))
    return own if is_free(own.port, own.address) else moved(own, service, world)


def moved(own: OwnServer, service: BackingService, world: World) -> OwnServer | None:
    """To another port, where a variable can say so."""
    if service.has_door or service.is_named_by_code:
        return None
    above = own.port + 1 if own.address == LOOPBACK else ABOVE + service.port
    port = choose_port(above, explicit=False, runner=world.runner)
    return msgspec.structs.replace(own, port=port, address=LOOPBACK)


def own_address(service: BackingService, app: App) -> str:
    """One of 127.0.0.0/8, all of which is this machine (RFC 1122, 3.2.1.3), so that each server can be at
    its usual port; not of 127.0.0.0/16, where others are."""
    digest = hashlib.sha256(f"{app.identity}/{service.name}".encode()).digest()
    return f"127.{1 + digest[0] % 254}.{digest[1]}.{1 + digest[2] % 254}"


def access_of(service: BackingService, own: OwnServer, state: AppState, world: World) -> Access:
    """The password is made once and lives as long as the data; code that has its address fixed has its own,
    or none."""
    password = ""
    if wants_password(service):
        name = password_name(service)
        password, made = state.generated_secret(name, make=simple_password)
        if made:
            world.reporter.note(f"{name}: generated once, kept in {state.secrets_folder / name}")
    return Access(
        port=own.port,
        address=own.address,
        user=service.user,
        database=service.database,
        password=password,
    )


def wants_password(service: BackingService) -> bool:
    """A Redis has one where addresses alone lead to it: what reads a host and a port knows of none."""
    if service.kind is ServiceKind.REDIS:
        fixed = service.has_door or service.is_named_by_code
        return not fixed and all(URL_OF_HOST in one.template for one in service.variables)
    return bool(service.user) and not service.is_open


def address_in(variable: ServiceVariable, access: Access) -> str:
    template = variable.template
    if access.password and "{password}" not in template:
        template = template.replace(URL_OF_HOST, "://:{password}@{host}")
    return template.format(
        host=access.address,
        port=access.port,
        user=access.user,
        password=access.password,
        database=access.database,
    )


def own_services(services: Sequence[BackingService], state: AppState) -> tuple[BackingService, ...]:
    """Those of an app that are servers of this machine, as what they are."""
    names = {one.name for one in state.own_servers()}
    own = (one for one in services if one.name in names)
    return tuple(msgspec.structs.replace(one, image=SERVERS[one.kind].image) for one in own)


def container_name(app: App, service: str) -> str:
    return f"okamochi-{app.identity}-{service}"
