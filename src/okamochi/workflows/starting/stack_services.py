"""Which backing services an `up` starts, and how the app is told where they are."""

from collections.abc import Mapping
from dataclasses import replace

import msgspec

from okamochi.errors import EngineError
from okamochi.model.backing_service import BackingService
from okamochi.model.evidence import Origin
from okamochi.model.plan import Plan
from okamochi.model.process import EnvironmentVariable
from okamochi.oci.reference import Reference
from okamochi.render.compose_proxy import PROXY_IMAGE
from okamochi.render.service_containers import container_of, password_name
from okamochi.run.engine import Engine
from okamochi.run.state import AppState
from okamochi.system.world import World
from okamochi.workflows.starting.env_values import Values
from okamochi.workflows.starting.given_services import given_service, is_elsewhere, place_of, with_driver
from okamochi.workflows.starting.left_out import goes_on_without, remember_left_out
from okamochi.workflows.starting.machine_services import absence_of, is_there, tell_absent
from okamochi.workflows.starting.queue_workers import with_their_queue

__all__ = [
    "desk_services",
    "has_image",
    "is_desk_stack",
    "is_given",
    "is_stack",
    "needed_services",
    "refuse_absent",
    "served_secrets",
    "simple_password",
    "tell_stores",
    "with_given_secrets",
    "with_service_values",
]


def is_stack(plan: Plan) -> bool:
    return bool(plan.services) or len(plan.processes) > 1 or bool(plan.domain)


def needed_services(plan: Plan, values: Values, engine: Engine, state: AppState, world: World) -> Plan:
    """Without the services whose address the user gave; and without those that the app can do without, when
    their image is nowhere to be had, or was not until now."""
    known = values.known(state)
    kept: list[BackingService] = []
    absent: list[BackingService] = []
    for service in plan.services:
        if is_given(service, known, engine, state):
            if engine.name != "host":  # which starts none, and has told where they are
                world.reporter.note(f"{service.name} is not started: its address was given")
        elif not engine.composes:
            refuse_absent(plan, values, engine, state)
            tell_absent(service, world)
            absent.append(service)
        elif goes_on_without(service, plan, state, world):
            absent.append(service)
        elif has_image(service, engine, world):
            kept.append(as_given(service, known, state, world))
        else:
            absent.append(service)
    if engine.composes:
        remember_left_out(absent, plan, state)
    if plan.domain:
        need_proxy(plan, engine, world)
    processes = with_their_queue(plan.processes, kept, absent, world.reporter)
    environment = with_given_secrets(plan.environment, values)
    return msgspec.structs.replace(
        plan, services=tuple(kept), processes=processes, environment=environment, decisions=()
    )


def with_given_secrets(
    environment: tuple[EnvironmentVariable, ...], values: Values
) -> tuple[EnvironmentVariable, ...]:
    """A secret that the user gave has to be handed on, whether the app can start without it or not."""
    names = {one.name for one in environment}
    unknown = tuple(name for name in values.secret_names if name not in names)
    return (
        *(values.handed_on(one) if one.name in values.secret_names else one for one in environment),
        *(values.handed_on(EnvironmentVariable(name=name)) for name in unknown),
    )


def tell_stores(plan: Plan, values: Values, world: World) -> None:
    """What was found about object stores that are somebody else's, unless their keys are given."""
    if any(name.startswith("AWS_") for name in (*dict(values.plain), *values.secret_names)):
        return
    for decision in plan.decisions:
        told = bool(decision.warning)  # by the build
        if decision.field == "services" and decision.origin is Origin.DETECTED and not told:
            world.reporter.note(decision.summary)


def desk_services(plan: Plan, values: Values, engine: Engine, state: AppState, world: World) -> Plan:
    """`needed_services`, and what stands in at the desk, as far as it can be had and is not given."""
    given = {*dict(values.plain), *values.secret_names}
    kept = tuple(
        service
        for service in plan.development_services
        if engine.composes
        and not any(one.name in given for one in service.variables)
        and has_image(service, engine, world)
    )
    needed = needed_services(plan, values, engine, state, world) if is_stack(plan) else plan
    return msgspec.structs.replace(needed, development_services=kept)


def is_desk_stack(plan: Plan) -> bool:
    return is_stack(plan) or bool(plan.development_services)


def need_proxy(plan: Plan, engine: Engine, world: World) -> None:
    if not engine.composes:
        raise EngineError(
            f"the proxy for {plan.domain} is part of a stack: {why_none(engine).message}",
            where=f"--engine {engine.name}",
            hint=f"{why_none(engine).hint}; or put a proxy of your own in front (docs/operations.md)",
        )
    why = not_pulled(PROXY_IMAGE, engine, world)
    if not why:
        return
    raise EngineError(
        f"{PROXY_IMAGE} could not be pulled, and {plan.domain} needs it",
        where="domain",
        hint=f"{by_hand(PROXY_IMAGE, engine)}, or leave --domain out",
        details=(why,),
    )


def not_pulled(image: str, engine: Engine, world: World) -> str:
    """As `Engine.pull`; what it has is not asked for again."""
    # in full: podman has a registry of its own in mind for short names, Compose has Docker Hub
    name = Reference.parse(image).full
    if engine.has(name):
        return ""
    with world.reporter.step(f"Pulling {image}"):
        return engine.pull(name)


def by_hand(image: str, engine: Engine) -> str:
    # podman takes short names where /etc/containers/registries.conf says from which registry
    name = Reference.parse(image).full if engine.name == "podman" else image
    return as_loaded(image, engine) or f"pull it by hand ({engine.name} pull {name})"


def as_loaded(image: str, engine: Engine) -> str:
    """What gives an image that was loaded into podman its name: there, one of an archive without a registry
    in its name is called localhost/NAME. "" when there is none."""
    loaded = f"localhost/{image}"
    if engine.name != "podman" or not engine.has(loaded):
        return ""
    return f"name the one that was loaded (podman tag {loaded} {Reference.parse(image).full})"


def why_none(engine: Engine) -> EngineError:
    """Why nothing starts a stack on it."""
    try:
        engine.compose()
    except EngineError as error:
        return error
    raise AssertionError(f"{engine.name} starts stacks")


def is_given(service: BackingService, known: Mapping[str, str], engine: Engine, state: AppState) -> bool:
    """Whether the user says where it is. By its name in the stack only a stack has one, and the host engine
    for its own servers."""
    if engine.composes:
        return is_elsewhere(service, known)
    if engine.name != "host":
        return bool(place_of(service, known)[0])
    own = any(one.name == service.name for one in state.own_servers())
    # on the host, the code's own localhost is this machine
    return own or service.has_door or is_there(service, known, state)


def as_given(
    service: BackingService, known: Mapping[str, str], state: AppState, world: World
) -> BackingService:
    """The stack's own, with the user, the password and the database that the values name."""
    given = given_service(service, known)
    if given.service == service:
        return service
    if given.password and container_of(service).password_variable:
        state.keep_secret(password_name(service), given.password)
    taken = [one for one in service.variables if one not in given.service.variables]
    for variable in taken:
        value = known[variable.name]
        better = with_driver(variable, value) if variable.is_secret else value
        if better != value:
            state.keep_secret(variable.name, better)
            world.reporter.note(f"{variable.name}: its scheme is {better.partition('://')[0]} here")
    names = ", ".join(one.name for one in taken)
    world.reporter.note(f"{service.name} is started with what the env file says: {names}")
    return given.service


def refuse_absent(plan: Plan, values: Values, engine: Engine, state: AppState) -> None:
    """EngineError for services that the app needs, nobody gave, and an engine without Compose starts not."""
    if not plan.services or engine.composes:
        return
    known = values.known(state)
    absent = [
        one
        for one in plan.services
        # code that has an address fixed asks nobody: it is told what it will not find, as ever
        if one.required and not one.has_door and not is_given(one, known, engine, state)
    ]
    if absent:
        raise absence_of(absent, engine.name, why_none(engine))


def has_image(service: BackingService, engine: Engine, world: World) -> bool:
    """Pulled when it is not there. EngineError when a service that is needed cannot be had."""
    why = not_pulled(service.image, engine, world)
    if not why:
        return True
    if not service.required:
        failure = f"{service.image} could not be pulled ({why})"
        loaded = as_loaded(service.image, engine)
        told = f"{loaded}; the app" if loaded else "the app"
        world.reporter.warn(f"{service.name}: {failure}; {told} starts without it")
        return False
    leads = " or ".join(one.name for one in service.variables) or "its address"
    raise EngineError(
        f"{service.image} could not be pulled, and the app needs it",
        where=f"services.{service.name}",
        hint=f"{by_hand(service.image, engine)}, name another in [tool.okamochi] services, or give {leads} "
        "with --env-file FILE",
        details=(why,),
    )


def with_service_values(plan: Plan, values: Values, state: AppState, world: World) -> Values:
    """The services' passwords, made once, and the addresses that hold them, as secret files."""
    names = set(values.secret_names)
    for service in plan.services:
        secret = password_name(service)
        password = ""
        if container_of(service).password_variable:
            password, made = state.generated_secret(secret, make=simple_password)
            names.add(secret)
            if made:
                world.reporter.note(f"{secret}: generated once, kept in {state.secrets_folder / secret}")
        for variable in service.variables:
            if not variable.is_secret:
                continue
            names.add(variable.name)
            # DB_PASSWORD of the service db is the password itself, which lives as long as the data does: as
            # a value that was given, `down` would forget it
            if variable.name != secret:
                state.keep_secret(variable.name, service.value_of(variable, password=password))
    return replace(values, secret_names=tuple(sorted(names)))


def simple_password() -> str:
    """Letters and digits only: it stands in URLs."""
    import secrets

    return secrets.token_hex(24)


def served_secrets(plan: Plan) -> tuple[str, ...]:
    """Addresses with passwords of the stack's own services: its containers read them at every start."""
    return tuple(one.name for service in plan.services for one in service.variables if one.is_secret)
