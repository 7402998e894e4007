"""An exception that asks for a package by its name, which an installed one names among its extras."""

from okamochi.model.correction import Correction, CorrectionKind
from okamochi.run.proof.answer import Outcome
from okamochi.workflows.mending.failed import Failed, Mended

OUTCOMES = (Outcome.MISSING_MODULE, Outcome.LIBRARY, Outcome.FAILED)


def mend(failed: Failed) -> Mended:
    answer = failed.answer
    if failed.outcome not in OUTCOMES or answer is None or not answer.asked:
        return None
    said = " ".join(answer.message.split())
    reason = f"an installed package asks for {answer.asked}: {said}"
    return (Correction.of(CorrectionKind.REQUIREMENT, answer.asked, reason),)
