"""A file that this Python takes for wrong and a newer one reads: an app written for the newest."""

from packaging.version import Version

from okamochi.model.correction import Correction, CorrectionKind
from okamochi.run.proof.answer import Outcome
from okamochi.workflows.mending.failed import Failed, Mended
from okamochi.workflows.mending.of_a_newer import is_of_a_newer


def mend(failed: Failed) -> Mended:
    """The next newer one of the plan's alternatives, when the file has statements that came with newer
    Pythons; nothing when it is simply wrong."""
    if failed.outcome is not Outcome.UNREADABLE:
        return None
    plan, cause = failed.planned.plan, failed.verdict.cause
    where = cause.where if cause is not None else ""
    current = Version(plan.python_version)
    newer = [one for one in plan.python_alternatives if Version(one) > current]
    moved = any(one.kind is CorrectionKind.PYTHON for one in failed.planned.corrections)
    if moved or not newer or not is_of_a_newer(where, failed.planned):
        return ()  # what made it older would make it older again
    reason = f"Python {plan.python_version} cannot read {where}, which has statements of a newer one"
    return (Correction.of(CorrectionKind.PYTHON, min(newer, key=Version), reason),)
