"""Volumes that the app cannot write, seen right after a start: else its first upload told, by a 500."""

from okamochi.model.kit_programs import PYTHON
from okamochi.model.plan import Plan
from okamochi.run.engine import Engine
from okamochi.system.world import World

__all__ = ["tell_unwritable_volumes"]

CHECK = (
    "import os, sys; bad = [one for one in sys.argv[1:] if not os.access(one, os.W_OK | os.X_OK)]; "
    "sys.exit(' '.join(bad))"
)


def tell_unwritable_volumes(container: str, plan: Plan, engine: Engine, world: World) -> None:
    """A volume may come from elsewhere: restored by hand, or used by another user before."""
    paths = tuple(volume.path for volume in plan.volumes)
    if not paths:
        return
    _, said = engine.check(container, (PYTHON, "-I", "-S", "-c", CHECK, *paths))
    user = f"{plan.security.run_as_user}:{plan.security.run_as_group}"
    for path in paths:
        if path not in said.split():
            continue
        by_hand = f"chown -R {user} {path}"
        if engine.name != "host":
            by_hand = f"{engine.name} run --rm --volumes-from {container} busybox {by_hand}"
        world.reporter.warn(f"{path} is not writable for the app (user {user}): {by_hand}")
