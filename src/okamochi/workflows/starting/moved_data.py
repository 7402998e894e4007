"""An app that wants another database than before, or none any more: nothing of its data is moved, and all
of it stays where it was."""

from okamochi.model.backing_service import ServiceKind
from okamochi.model.codec import plan_from_json
from okamochi.model.plan import Plan
from okamochi.run.spec import data_volume, project_name
from okamochi.run.state import AppState
from okamochi.system.world import World
from okamochi.workflows.starting.apps import App
from okamochi.workflows.starting.stack import forget_stack, stack_of

__all__ = ["end_former_stack", "former_plan", "tell_left_data"]

DATABASES = (ServiceKind.POSTGRES, ServiceKind.MYSQL, ServiceKind.MARIADB, ServiceKind.MONGODB)


def former_plan(state: AppState) -> Plan | None:
    """Of what was started last; None when nothing was."""
    content = state.plan_json()
    return plan_from_json(content) if content and state.record() is not None else None


def tell_left_data(former: Plan | None, plan: Plan, app: App, world: World) -> None:
    if former is None:
        return
    before, now = ({one.name for one in each.services} for each in (former, plan))
    for one in former.services:
        if one.volume_path and one.name not in now:
            volume = data_volume(project_name(app.identity), one.name)
            world.reporter.note(
                f"{one.name} ({one.image}) is not used any more: its data stays in the volume {volume}"
            )
    kept = ", ".join(one.path for one in former.volumes)
    for one in plan.services:
        if kept and one.kind in DATABASES and one.name not in before:
            world.reporter.note(
                f"{one.name} ({one.image}) is new and begins empty: what the app kept before is not moved "
                f"there, and stays in its volumes ({kept})"
            )


def end_former_stack(app: App, world: World) -> None:
    """Of an app that is one container now: what was beside it. Its volumes stay."""
    stack = stack_of(app, world)
    if stack is None:
        return
    with world.reporter.step("Stopping what the app does without now"):
        stack.be_gone()
    forget_stack(app.state)
