"""Services of this machine that back an app where it runs on the host engine. Nothing is imported for them
where there are none."""

from okamochi.model.plan import Plan
from okamochi.run.engine import Engine
from okamochi.system.world import World
from okamochi.workflows.starting.apps import App
from okamochi.workflows.starting.env_values import Values

__all__ = ["backed", "with_backing"]


def backed(plan: Plan, values: Values, engine: Engine, app: App, world: World) -> tuple[Values, Values]:
    """`values` with the addresses of what this machine offers, and the same with those of the servers that
    `with_backing` is to start."""
    if engine.name != "host":
        return values, values
    from okamochi.workflows.starting.machine_services import with_machine_services
    from okamochi.workflows.starting.own_addresses import startable, with_own_servers

    kinds = startable(engine)
    values = with_machine_services(plan, values, app.state, world, startable=kinds)
    return values, with_own_servers(plan, values, engine, app, world)


def with_backing(plan: Plan, values: Values, engine: Engine, app: App, world: World) -> Values:
    """`values` with what leads to the servers of the app's own, which run then."""
    if engine.name != "host" and not app.state.own_servers():
        return values
    from okamochi.workflows.starting.own_servers import end_former_servers, start_own_servers

    end_former_servers(engine, app, world)
    return start_own_servers(plan.services, values, engine, app, world)
