"""A file that Git LFS or DVC keeps, of which the plan warned that it is not there."""

import posixpath

from okamochi.workflows.mending.failed import Failed


def hint(failed: Failed) -> str:
    for decision in failed.planned.plan.decisions:
        if decision.field == "source" and decision.warning:
            names = (one.reason.partition(" keeps ")[2] for one in decision.evidence)
            if any(name and posixpath.basename(name) in failed.verdict.said for name in names):
                return decision.warning
    return ""
