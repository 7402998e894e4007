"""The plan as versioned JSON, and the JSON Schema of that JSON."""

from typing import Any

import msgspec

from okamochi.errors import UsageError
from okamochi.model.plan import Plan

__all__ = ["plan_from_json", "plan_schema", "plan_to_builtins", "plan_to_json"]

SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def plan_to_json(plan: Plan) -> bytes:
    """The plan, indented by two, with a line break at the end; the same plan gives the same bytes."""
    return msgspec.json.format(msgspec.json.encode(plan), indent=2) + b"\n"


def plan_from_json(content: bytes) -> Plan:
    """The plan that `plan_to_json` wrote. UsageError when it is no plan of this version."""
    try:
        return msgspec.json.decode(content, type=Plan)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise UsageError(
            f"this is not a plan: {error}", where="plan", hint="write it with: okamochi plan --format json"
        ) from error


def plan_to_builtins(plan: Plan) -> dict[str, Any]:
    """The plan as dicts and lists, as its JSON has them."""
    builtins: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(plan))
    return builtins


def plan_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of `plan_to_json`."""
    return {"$schema": SCHEMA_DIALECT, "title": "okamochi plan", **msgspec.json.schema(Plan)}
