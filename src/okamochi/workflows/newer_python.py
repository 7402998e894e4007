"""The Python that reads what an older one takes for wrong: an app written for the newest."""

import posixpath
from typing import TYPE_CHECKING

from okamochi.detect.newer_syntax import in_older_words
from okamochi.model.correction import Correction, CorrectionKind
from okamochi.model.plan import APP_ROOT
from okamochi.workflows.older_python import number

if TYPE_CHECKING:
    from okamochi.run.proof.answer import Verdict
    from okamochi.workflows.plan import PlannedProject

__all__ = ["newer_python"]


def newer_python(verdict: "Verdict", planned: "PlannedProject") -> Correction | None:
    """The next newer one of the plan's alternatives, when the file that cannot be read has statements that
    came with newer Pythons; None when it is simply wrong."""
    where = verdict.cause.where if verdict.cause is not None else ""
    path = where.rpartition(":")[0].removeprefix(f"{APP_ROOT}/")
    text = planned.project.read_text(posixpath.normpath(path)) or ""
    current = number(planned.plan.python_version)
    newer = [one for one in planned.plan.python_alternatives if number(one) > current]
    if not newer or not text or in_older_words(text) == text:
        return None
    reason = f"Python {planned.plan.python_version} cannot read {where}, which has statements of a newer one"
    return Correction(kind=CorrectionKind.PYTHON, value=min(newer, key=number), reason=reason[:300])
