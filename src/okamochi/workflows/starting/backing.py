"""Servers of this machine that back an app, started with it where it runs on the host engine."""

from okamochi.model.plan import Plan
from okamochi.run.engine import Engine
from okamochi.system.world import World
from okamochi.workflows.starting.apps import App
from okamochi.workflows.starting.env_values import Values

__all__ = ["with_backing"]


def with_backing(plan: Plan, values: Values, engine: Engine, app: App, world: World) -> Values:
    """`values` with what leads to them. Nothing is imported for it where there are none."""
    if engine.name != "host" and not app.state.own_servers():
        return values
    from okamochi.workflows.starting.own_servers import end_former_servers, start_own_servers

    end_former_servers(engine, app, world)
    return start_own_servers(plan.services, values, engine, app, world)
