"""A folder that the app looks into and that no clone has: a volume, when its name says that it is filled
while the app runs. Any other (dist, static, templates) somebody forgot to make or to commit."""

from okamochi.model.correction import Correction, CorrectionKind
from okamochi.model.plan import APP_ROOT
from okamochi.run.proof.answer import Outcome
from okamochi.workflows.mending.failed import Failed, Mended
from okamochi.workflows.mending.written_places import KEPT, is_writable


def mend(failed: Failed) -> Mended:
    if failed.outcome is not Outcome.NO_FOLDER:
        return None
    folder = failed.verdict.subject
    inside = f"{folder}/".startswith(f"{APP_ROOT}/") and folder != APP_ROOT
    is_filled = inside and KEPT.search(folder.removeprefix(APP_ROOT)) is not None
    if not is_filled or is_writable(folder, failed.planned.plan):
        return ()
    reason = f"the proof saw the app look into {folder}, which is filled while it runs"
    return (Correction.of(CorrectionKind.VOLUME, folder, reason),)
