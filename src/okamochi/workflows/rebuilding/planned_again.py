"""An image again after modules changed in what planning sees of them, where planning anew came to the plan
that there was: nothing but these modules is packed."""

import json
from typing import TYPE_CHECKING

from msgspec.structs import replace

from okamochi.model.codec import plan_to_json
from okamochi.system.world import World
from okamochi.workflows.rebuilding.incremental import SameTree, packed, through_link, with_proof
from okamochi.workflows.rebuilding.outside import outside_of
from okamochi.workflows.rebuilding.remembered import BuiltImage
from okamochi.workflows.rebuilding.seen import Seen

if TYPE_CHECKING:
    from okamochi.workflows.plan import PlannedProject

__all__ = ["packed_as_before"]


def packed_as_before(world: World, tree: SameTree, planned: "PlannedProject") -> BuiltImage | None:
    """None when more than modules changed, or the plan is another one in more than its evidence."""
    built = tree.built
    plan_json = plan_to_json(planned.plan)
    if not tree.only_modules or decided(plan_json) != decided(built.plan_json):
        return None
    # what only the lock was made from was read then, too
    before = frozenset(tree.known["read"])
    seen = planned.seen | Seen(before)
    if any(through_link(tree.root, path) for path in seen.read - before):
        return None
    image = packed(world, tree)
    if image is None:
        return None
    again = replace(
        built,
        image=image,
        plan_json=plan_json,
        rebuild={**tree.known, "read": sorted(seen.whole), "gists": dict(seen.gists)},
        outside=outside_of(planned.plan, seen.read),
    )
    return with_proof(again, built, tree.root)


def decided(plan_json: bytes) -> object:
    """The plan without why: lines of the evidence move with every edit above them."""
    plan = json.loads(plan_json)
    return {name: value for name, value in plan.items() if name != "decisions"}
