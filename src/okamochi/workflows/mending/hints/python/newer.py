"""One file asks for a newer Python and something else for an older one."""

from okamochi.model.correction import CorrectionKind
from okamochi.run.proof.answer import Outcome
from okamochi.workflows.mending.failed import Failed
from okamochi.workflows.mending.of_a_newer import is_of_a_newer


def hint(failed: Failed) -> str:
    if failed.outcome is not Outcome.UNREADABLE:
        return ""
    verdict, planned = failed.verdict, failed.planned
    where = verdict.cause.where if verdict.cause is not None else ""
    older = next((one for one in planned.corrections if one.kind is CorrectionKind.PYTHON), None)
    if older is None or not is_of_a_newer(where, planned):
        return ""
    return (
        f"a newer Python than {planned.plan.python_version} reads that line, but {older.reason}: give the "
        'app one that suits both ([tool.okamochi] base = "python:3.12-slim"), or change one of the two'
    )
