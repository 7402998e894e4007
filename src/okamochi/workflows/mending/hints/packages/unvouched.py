"""A module whose package was not taken for its name alone."""

from okamochi.run.proof.answer import Outcome
from okamochi.workflows.mending.failed import Failed
from okamochi.workflows.mending.vouched_names import told_unvouched


def hint(failed: Failed) -> str:
    if failed.outcome is not Outcome.MISSING_MODULE or failed.world is None or failed.locked:
        return ""
    return told_unvouched(failed.answer, failed.planned, failed.world)
