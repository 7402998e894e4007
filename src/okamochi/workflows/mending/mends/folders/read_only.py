"""A path that the app has to write before it serves."""

from okamochi.run.proof.answer import Outcome
from okamochi.workflows.mending.failed import Failed, Mended
from okamochi.workflows.mending.written_places import written_folder


def mend(failed: Failed) -> Mended:
    if failed.outcome is not Outcome.READ_ONLY:
        return None
    found = written_folder(failed.verdict.subject, "", failed.planned)
    return (found,) if found is not None else ()
