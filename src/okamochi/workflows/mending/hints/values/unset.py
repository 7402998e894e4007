"""What a client of somebody's service misses, though the code reads it as if it could do without: told where
the line that fails takes the values of variables which nobody gave."""

import re
from collections.abc import Collection

from okamochi.model.plan import Plan
from okamochi.run.traces import SEE_TRACEBACK, Cause, own_line, own_lines
from okamochi.workflows.mending.failed import Failed

__all__ = ["hint", "told_of_unset"]

MOST = 5


def hint(failed: Failed) -> str:
    cause = failed.verdict.cause
    return told_of_unset(cause, failed.text, failed.planned.plan, failed.given) if cause is not None else ""


def told_of_unset(cause: Cause, text: str, plan: Plan, given: Collection[str]) -> str:
    """A better hint than the cause's, where that knows none: by the error, which names variables, else by the
    traceback in `text`; "" where neither speaks of such a value."""
    if not cause.hint.startswith(SEE_TRACEBACK):
        return ""
    served = {one.name for service in plan.services for one in service.variables}
    unset = [
        one.name for one in plan.environment if one.default is None and one.name not in {*given, *served}
    ]
    said = set(re.findall(r"\w+", cause.text))
    taken = {word.upper() for word in re.findall(r"\w+", own_line(text))}
    # None goes a long way before somebody asks something of it
    above = " ".join(own_lines(text)) if "None" in cause.text else ""
    handed = {word.upper() for word in re.findall(r"\w+", above)}
    for what, names in (
        ("the app asks for", [one for one in unset if one in said]),
        ("that line takes", [one for one in unset if one.upper() in taken]),
        ("a line above it takes", [one for one in unset if one.upper() in handed]),
    ):
        if names:
            lines = ", ".join(f"{name}=..." for name in names[:MOST])
            more = cause.hint.removeprefix(SEE_TRACEBACK)
            return f"nobody gave what {what}: okamochi up --env-file FILE, with the lines {lines}{more}"
    return ""
