"""Compiled code of a package that fails as it does in a Python that it was not written for: it breaks the
interpreter's rules (SystemError, https://docs.python.org/3/library/exceptions.html), or asks for a function
that this one has no more. The next older Python of the plan's alternatives is tried."""

from packaging.version import Version

from okamochi.model.correction import Correction, CorrectionKind
from okamochi.run.proof.answer import failing_library
from okamochi.system.patterns import regex
from okamochi.workflows.mending.failed import Failed, Mended

LOST_FUNCTION = regex(r"undefined symbol: _?Py[A-Z]")


def mend(failed: Failed) -> Mended:
    answer, plan = failed.answer, failed.planned.plan
    if answer is None:
        return None
    breaks = answer.error == "SystemError" or (
        answer.error == "ImportError" and LOST_FUNCTION.search(answer.message) is not None
    )
    package = failing_library(answer) if breaks else ""
    current = Version(plan.python_version)
    older = [one for one in plan.python_alternatives if Version(one) < current]
    if not package or not older:
        return None
    reason = (
        f"the proof could not import {package}, whose compiled code is older than Python "
        f"{plan.python_version}: {answer.message}"
    )
    return (Correction.of(CorrectionKind.PYTHON, max(older, key=Version), reason),)
