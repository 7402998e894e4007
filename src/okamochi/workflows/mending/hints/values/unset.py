"""What a client of somebody's service misses, though the code reads it as if it could do without: told where
the line that fails takes the values of variables which nobody gave."""

import re
from collections.abc import Collection

import msgspec

from okamochi.detect.variables.env_findings import files_with
from okamochi.model.plan import Plan
from okamochi.run.traces import SEE_TRACEBACK, Cause, own_line, own_lines
from okamochi.workflows.mending.failed import Failed

__all__ = ["hint", "told_of_unset"]

MOST = 5


def hint(failed: Failed) -> str:
    """With the project's own file that has such values."""
    cause, project = failed.verdict.cause, failed.planned.project
    found = unset_values(cause, failed.text, failed.planned.plan, failed.given) if cause is not None else None
    if found is None:
        return ""
    files = files_with(project, found.names)
    return f"{found.told}; {files[0]} has some, if those are meant for production" if files else found.told


class UnsetValues(msgspec.Struct, frozen=True):
    """The first of such variables, and what to say of them."""

    names: tuple[str, ...]
    told: str


def told_of_unset(cause: Cause, text: str, plan: Plan, given: Collection[str]) -> str:
    """As `unset_values` says it; "" for none."""
    found = unset_values(cause, text, plan, given)
    return found.told if found is not None else ""


def unset_values(cause: Cause, text: str, plan: Plan, given: Collection[str]) -> UnsetValues | None:
    """With a better hint than the cause's, where that knows none: by the error, which names variables, else
    by the traceback in `text`; None where neither speaks of such a value."""
    if not cause.hint.startswith(SEE_TRACEBACK):
        return None
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
            told = f"nobody gave what {what}: okamochi up --env-file FILE, with the lines {lines}{more}"
            return UnsetValues(tuple(names[:MOST]), told)
    return None
