"""Finds the values and the decisions that a field path names: "processes.web.argv"."""

from typing import Any

from okamochi.errors import UsageError
from okamochi.model.codec import plan_to_builtins
from okamochi.model.evidence import Decision
from okamochi.model.plan import Plan

__all__ = ["explain", "value_in", "value_of"]

Json = Any


def explain(plan: Plan, field: str) -> tuple[Decision, ...]:
    """The decisions about a field, those about its parts, or else those about the whole it belongs to.

    UsageError when the plan has no such field; its hint shows the nearest one that has a decision.
    """
    parts = tuple(d for d in plan.decisions if d.field == field or d.field.startswith(f"{field}."))
    if parts:
        return parts
    if not _resolves(plan, field):
        raise _unknown(plan, field)
    whole = field
    while "." in whole:
        whole = whole.rpartition(".")[0]
        found = tuple(d for d in plan.decisions if d.field == whole)
        if found:
            return found
    raise UsageError(
        f"{field} is a fixed part of every plan: nothing was decided about it",
        where=field,
        hint="fields with decisions: " + ", ".join(d.field for d in plan.decisions),
    )


def value_of(plan: Plan, field: str) -> Json:
    """The JSON value at a field path. KeyError when there is none.

    Members of lists are found by "name", then by "path"; pairs (image_environment) by their first element.
    """
    return value_in(plan_to_builtins(plan), field)


def value_in(values: Json, field: str) -> Json:
    """The same, of a plan that was taken apart before."""
    return _value(values, field)


def _resolves(plan: Plan, field: str) -> bool:
    try:
        value_of(plan, field)
    except KeyError:
        return False
    return True


def _value(value: Json, field: str) -> Json:
    if not field:
        return value
    if isinstance(value, dict):
        key, _, rest = field.partition(".")
        if key not in value:
            raise KeyError(field)
        return _value(value[key], rest)
    if isinstance(value, list):
        named = [(name, member) for member in value for name in _names(member)]
        for name, member in named:
            if field == name:
                return member
        # of "/app/rows" and "/app/rows.json" the longer name is meant
        for name, member in sorted(named, key=lambda pair: -len(pair[0])):
            if field.startswith(f"{name}."):
                return _value(member, field.removeprefix(f"{name}."))
    raise KeyError(field)


def _names(member: Json) -> tuple[str, ...]:
    if isinstance(member, dict):
        return tuple(str(member[key]) for key in ("name", "path", "field") if member.get(key))
    if isinstance(member, list) and member and isinstance(member[0], str):
        return (member[0],)
    return (member,) if isinstance(member, str) else ()


def _unknown(plan: Plan, field: str) -> UsageError:
    known = [decision.field for decision in plan.decisions]
    import difflib

    close = difflib.get_close_matches(field, known, n=1, cutoff=0.4)
    advice = f"did you mean {close[0]}? " if close else ""
    return UsageError(
        f"the plan has no field {field}",
        where=field,
        hint=f"{advice}Fields: {', '.join(known)}",
    )
