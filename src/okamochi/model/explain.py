"""Finds the values and the decisions that a field path names: "processes.web.argv"."""

from typing import Any

from okamochi.errors import UsageError
from okamochi.model.codec import plan_to_builtins
from okamochi.model.evidence import Decision
from okamochi.model.plan import Plan

__all__ = ["PlanValues", "explain", "value_of"]

Json = Any


def explain(plan: Plan, field: str) -> tuple[Decision, ...]:
    """The decisions about a field, those about its parts, or else those about the whole it belongs to.

    UsageError when the plan has no such field; its hint shows the nearest one that has a decision.
    """
    parts = tuple(d for d in plan.decisions if d.field == field or d.field.startswith(f"{field}."))
    if parts:
        return parts
    if not field or not _resolves(plan, field):
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
    return PlanValues(plan_to_builtins(plan)).at(field)


class PlanValues:
    """The same for many fields of one plan, given as builtins: each list is looked through once."""

    def __init__(self, values: Json) -> None:
        self.values = values
        self.tables: dict[int, dict[str, Json]] = {}

    def at(self, field: str) -> Json:
        return self._value(self.values, field)

    def _value(self, value: Json, field: str) -> Json:
        if not field:
            return value
        if isinstance(value, dict):
            key, _, rest = field.partition(".")
            if key not in value:
                raise KeyError(field)
            return self._value(value[key], rest)
        if isinstance(value, list):
            return self._member(self._table(value), field)
        raise KeyError(field)

    def _member(self, table: dict[str, Json], field: str) -> Json:
        """Of "/app/rows" and "/app/rows.json" the longer name is meant."""
        if field in table:
            return table[field]
        name = field.rpartition(".")[0]
        while name:
            if name in table:
                return self._value(table[name], field.removeprefix(f"{name}."))
            name = name.rpartition(".")[0]
        raise KeyError(field)

    def _table(self, members: list[Json]) -> dict[str, Json]:
        found = self.tables.get(id(members))
        if found is None:
            found = self.tables[id(members)] = {}
            for member in members:
                for name in _names(member):
                    found.setdefault(name, member)
        return found


def _resolves(plan: Plan, field: str) -> bool:
    try:
        value_of(plan, field)
    except KeyError:
        return False
    return True


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
        f"the plan has no field {field or repr(field)}",
        where=field,
        hint=f"{advice}Fields: {', '.join(known)}",
    )
