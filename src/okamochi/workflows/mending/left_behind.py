"""A start that failed for a file that Git LFS or DVC keeps: the hint says so."""

import posixpath

from okamochi.errors import UnhealthyError
from okamochi.model.plan import Plan

__all__ = ["tell_left_behind"]


def tell_left_behind(failure: UnhealthyError, plan: Plan) -> None:
    """Where the failure names a file of which the plan warned that it is not there."""
    for decision in plan.decisions:
        if decision.field != "source" or not decision.warning:
            continue
        names = (one.reason.partition(" keeps ")[2] for one in decision.evidence)
        if any(name and posixpath.basename(name) in failure.message for name in names):
            failure.hint = decision.warning
