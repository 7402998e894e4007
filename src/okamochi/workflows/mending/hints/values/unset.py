"""What a client of somebody's service misses, though the code reads it as if it could do without: told where
the line that fails takes the values of variables which nobody gave."""

import re
from collections.abc import Collection

from okamochi.detect.variables.env_findings import files_with
from okamochi.model.plan import Plan
from okamochi.run.traces import SEE_TRACEBACK, Cause, own_line, own_lines
from okamochi.system.patterns import regex
from okamochi.workflows.mending.failed import Failed

__all__ = ["hint", "told_of_unset"]

MOST = 5
GIVEN = regex(r"\b(\w+)=\.\.\.")


def hint(failed: Failed) -> str:
    """With the project's own file that has such values."""
    cause, project = failed.verdict.cause, failed.planned.project
    told = told_of_unset(cause, failed.text, failed.planned.plan, failed.given) if cause is not None else ""
    files = files_with(project, GIVEN.findall(told)) if told else ()
    return f"{told}; {files[0]} has some, if those are meant for production" if files else told


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
