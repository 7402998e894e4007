"""What follows from a failed proof or start: the one change of the plan that the evidence supports."""

from okamochi.model.correction import Correction
from okamochi.workflows.mending.failed import Failed
from okamochi.workflows.mending.mends import mended
from okamochi.workflows.mending.older_name import only_where_it_helps
from okamochi.workflows.mending.vouched_names import with_evidence

__all__ = ["correction_for"]


def correction_for(failed: Failed) -> Correction | None:
    """As a mend has it, where indexes know no better: no package is taken for its name alone, and no older
    one that is as bad."""
    found, world = mended(failed), failed.world
    if world is None:
        return found
    found = with_evidence(found, failed.answer, failed.planned, world)
    if found is None or failed.answer is None or failed.platform is None:
        return found
    return only_where_it_helps(world, found, failed.answer, failed.planned, failed.platform, failed.installed)
