"""Paths that the app wrote while its pages were looked at."""

from okamochi.run.proof.answer import Outcome
from okamochi.workflows.mending.failed import Failed, Mended
from okamochi.workflows.mending.written_places import written_folder


def mend(failed: Failed) -> Mended:
    if failed.outcome is not Outcome.PROVED or failed.answer is None:
        return None
    wanted = (written_folder(one.path, one.place, failed.planned) for one in failed.answer.writes)
    return tuple(one for one in wanted if one is not None) or None
