"""Another page of an app whose first one is well: what lets it find what it imports."""

from okamochi.run.proof.answer import Outcome
from okamochi.workflows.mending.failed import Failed, Mended

OUTCOMES = (Outcome.MISSING_MODULE, Outcome.LIBRARY)


def mend(failed: Failed) -> Mended:
    from okamochi.workflows.mending.mends import mended

    if failed.outcome is not Outcome.PROVED or failed.answer is None or failed.answer.broken is None:
        return None
    broken = failed.because_of(failed.answer.broken)
    found = mended(broken) if broken.outcome in OUTCOMES else None
    return (found,) if found is not None else None
