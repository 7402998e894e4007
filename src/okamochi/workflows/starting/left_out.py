"""Services that an app went without, since their image was not to be had: its data lies elsewhere since then,
and a later `up` must not leave it behind unseen."""

from collections.abc import Iterable

from okamochi.errors import UnhealthyError
from okamochi.model.backing_service import BackingService, ServiceKind
from okamochi.model.evidence import Origin
from okamochi.model.plan import Plan
from okamochi.run.state import AppState
from okamochi.system.world import World

__all__ = ["goes_on_without", "remember_left_out", "tell_left_out"]

# what is said of each address without an answer
UNREACHED = "cannot be reached"

KEEPS_DATA = (
    ServiceKind.POSTGRES,
    ServiceKind.MYSQL,
    ServiceKind.MARIADB,
    ServiceKind.MONGODB,
    ServiceKind.S3,
)


def goes_on_without(service: BackingService, plan: Plan, state: AppState, world: World) -> bool:
    """Whether the app keeps to what it used until now, which is said; a service that the settings name is
    asked for."""
    if service.required or service.name not in state.left_out or is_asked_for(service, plan):
        return False
    world.reporter.warn(
        f"{service.name}: {service.image} is not started, since it could not be had when the app began to "
        f"keep its data elsewhere, in {', '.join(one.path for one in plan.volumes)}. To begin anew with it: "
        f'[tool.okamochi] services = {{ {service.name} = "{service.image}" }}'
    )
    return True


def remember_left_out(absent: Iterable[BackingService], plan: Plan, state: AppState) -> None:
    """Counts only where the app has a place of its own for what the service would keep."""
    names = {one.name for one in absent if one.kind in KEEPS_DATA} if plan.volumes else set()
    state.put_left_out(names)


def tell_left_out(
    failure: UnhealthyError, wanted: Iterable[BackingService], started: Iterable[BackingService]
) -> None:
    """Where the app does not reach a service: those of the plan that were not started are what it misses, not
    a variable."""
    there = {one.name for one in started}
    absent = [one for one in wanted if one.name not in there]
    if UNREACHED not in failure.message or not absent:
        return
    names = ", ".join(f"{one.name} ({one.image})" for one in absent)
    failure.hint = f"{names} was left out at this start: pull or load the image, and run the command again"


def is_asked_for(service: BackingService, plan: Plan) -> bool:
    field = f"services.{service.name}"
    return any(one.field == field and one.origin is not Origin.DETECTED for one in plan.decisions)
