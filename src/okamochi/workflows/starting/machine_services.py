"""Backing services on the host engine: those at addresses that were given, and what this machine offers where
taking it can harm nobody."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace

from okamochi.errors import EngineError
from okamochi.model.backing_service import LOOPBACK_PREFIX, BackingService, ServiceKind, ServiceVariable
from okamochi.model.plan import Plan
from okamochi.run.machine import LOOPBACK, answers, redis_at
from okamochi.run.state import AppState, MachineService
from okamochi.system.world import World
from okamochi.workflows.starting.env_values import Values
from okamochi.workflows.starting.given_services import place_of

__all__ = ["absence_of", "is_there", "tell_absent", "with_machine_services"]


def with_machine_services(
    plan: Plan, values: Values, state: AppState, world: World, *, startable: Container[ServiceKind] = ()
) -> Values:
    """With the addresses of what this machine offers. What is used, and why, is told; what of the rest is
    `startable` will tell of itself."""
    known, plain = values.known(state), dict(values.plain)
    kept = []
    for service in plan.services:
        if place_of(service, known)[0]:
            tell_given(service, known, world)
            continue
        if service.has_door:
            tell_fixed(service, world, startable)
            continue
        if is_there(service, known, state):
            tell_named(service, world)
            continue
        offer = redis_of_machine(service, state, world) if service.kind is ServiceKind.REDIS else None
        if offer is not None:
            kept.append(offer)
            plain |= {one.name: address_in(one, offer) for one in service.variables}
    state.put_machine_services(tuple(kept))
    return replace(values, plain=tuple(sorted(plain.items())))


def is_there(service: BackingService, known: Mapping[str, str], state: AppState) -> bool:
    """Whether the user says where it is, or the name that the code has for it leads to one from here: a job's
    service container, a line of /etc/hosts. Where one was started for the app, nobody is asked any more."""
    if place_of(service, known)[0]:
        return True
    own = any(one.name == service.name for one in state.own_servers())
    return service.is_named_by_code and not own and answers(service.name, service.port)


def tell_given(service: BackingService, values: Mapping[str, str], world: World) -> None:
    """Where it leads, without a password; whether anything answers there."""
    name, host, port = place_of(service, values)
    if not host:
        return
    if answers(host, port):
        world.reporter.note(f"{service.name} is at {host}:{port} ({name})")
    else:
        world.reporter.warn(f"{service.name}: nothing answers at {host}:{port} ({name})")


def tell_fixed(service: BackingService, world: World, startable: Container[ServiceKind]) -> None:
    """The code has the address fixed, which is this machine's."""
    for variable in service.variables:
        port = variable.name.removeprefix(LOOPBACK_PREFIX)
        if port == variable.name:
            continue
        answering = answers(LOOPBACK, int(port))
        place = f"{service.name}: the code itself looks for it at {LOOPBACK}:{port}, on this machine"
        if answering:
            world.reporter.note(f"{place}, where something answers")
        elif service.kind not in startable:
            world.reporter.warn(f"{place}, where nothing answers")


def tell_named(service: BackingService, world: World) -> None:
    """The code has its host's name fixed, which this machine knows."""
    place = f"{service.name}:{service.port}"
    world.reporter.note(f"{service.name}: the code itself looks for it at {place}, where something answers")


def redis_of_machine(service: BackingService, state: AppState, world: World) -> MachineService | None:
    """A database of a Redis on this machine that held nothing when the app first came to it, and that no
    other app of okamochi's has; the same one each time. None where there is no such thing."""
    found = redis_at(service.port) if service.variables else None
    if found is None:
        return None
    place = f"{LOOPBACK}:{service.port}"
    if found.locked:
        world.reporter.note(f"{service.name}: the Redis at {place} wants a password")
        return None
    former = next((one for one in state.machine_services() if one.name == service.name), None)
    others = {
        one.database
        for other in AppState.all(state.folder.parent)
        if other != state
        for one in other.machine_services()
        if one.port == service.port
    }
    free = [number for number in found.empty if number not in others]
    if not any("://" in one.template for one in service.variables):
        free = [number for number in free if number == 0]  # host and port cannot say which
    if former is None and not free:
        world.reporter.note(f"{service.name}: the Redis at {place} has no empty database for the app")
        return None
    offer = former or MachineService(name=service.name, port=service.port, database=free[0])
    why = "as before" if former else "it held nothing"
    names = " or ".join(one.name for one in service.variables)
    world.reporter.note(
        f"{service.name}: database {offer.database} of this machine's own Redis {found.version} at {place} "
        f"({why}); give {names} with --env-file for another"
    )
    return offer


def address_in(variable: ServiceVariable, offer: MachineService) -> str:
    address = variable.template.format(host=LOOPBACK, port=offer.port, user="", password="", database="")
    if "://" not in address:
        return address
    return f"{address.rpartition('/')[0]}/{offer.database}"


def tell_absent(service: BackingService, world: World) -> None:
    """What the app goes without."""
    world.reporter.warn(
        f"{service.name} ({service.image}) is missing: no {names_of(service)} was given; the app starts "
        "without it, with what its code has in its place"
    )


def absence_of(services: Sequence[BackingService], engine: str, why: EngineError) -> EngineError:
    """For services that the app needs, on an engine that starts none, with the reason: what to do."""
    leads = " ".join(f"{one.name}={shown(one)}" for service in services for one in service.variables)
    here = ", or set in this shell" if engine == "host" else ""
    return EngineError(
        f"{' and '.join(f'{one.name} ({one.image})' for one in services)} missing: no "
        f"{' and no '.join(names_of(one) for one in services)} was given, and {why.message}",
        where=f"--engine {engine}",
        hint=f"{why.hint}; or write into a file for --env-file{here}: {leads or 'their addresses'}",
        details=tuple(way_to(one) for one in services) if engine == "host" else (),
    )


def way_to(service: BackingService) -> str:
    """By what listens at the service's usual port of this machine."""
    if service.is_named_by_code:
        place = f"{service.name}:{service.port}"
        return f"{service.name}: the code itself looks for it at {place}; a line of /etc/hosts can say where"
    place = f"{service.name}: {{}} answers at {LOOPBACK}:{service.port}"
    if not answers(LOOPBACK, service.port):
        return f"{place.format('nothing')}; start one there or elsewhere"
    if service.user:
        return f"{place.format('something')}; if it is yours, make a user and a database there for the app"
    return f"{place.format('something')}, whose data may be somebody else's; if it is yours, name it"


def names_of(service: BackingService) -> str:
    return " and ".join(one.name for one in service.variables) or "address"


def shown(variable: ServiceVariable) -> str:
    """postgresql://USER:PASSWORD@HOST:PORT/DATABASE."""
    names = ("host", "port", "user", "password", "database")
    return variable.template.format(**{name: name.upper() for name in names})
