"""What pydantic refuses when an app's settings are made: the first line of its error says only how much."""

import re

from okamochi.run.traces import SEE_TRACEBACK, Cause, last, last_trace, own_frame
from okamochi.system.patterns import regex

__all__ = ["refused_values"]

MOST = 3
# "DATABASE_URL\n  Field required [type=missing, ...]"; of a rule for the whole the name is absent or __root__
ITEM = regex(r"^(?:(?P<name>[A-Za-z_][\w.]*)\n)?  (?P<said>\S.*?) [\[(]type=(?P<type>[\w.]+)", re.MULTILINE)
SETTINGS = ("pydantic_settings/", "pydantic/env_settings.py")
JSON_SHAPES = {
    "list_type": '["..."]',
    "set_type": '["..."]',
    "tuple_type": '["..."]',
    "dict_type": '{"...": "..."}',
    "list": '["..."]',
    "dict": '{"...": "..."}',
}
MISSING = ("missing", "value_error.missing")


def refused_values(log: str) -> Cause | None:
    """Each value with what is wrong with it; what is missing of settings is a variable.
    https://docs.pydantic.dev/latest/errors/errors/"""
    found = last(r"^[\w.]*ValidationError: \d+ validation errors? for (?P<model>[\w.]+)\n", log)
    trace = last_trace(log)
    if found is None or trace is None or not found[0].startswith(trace.error):
        return None
    items = list(ITEM.finditer(log, found.end()))
    if not items:
        return None
    told = "; ".join(text_of(one) for one in items[:MOST])
    more = f" and {len(items) - MOST} more" if len(items) > MOST else ""
    hint = SEE_TRACEBACK
    if any(part in trace.text for part in SETTINGS):
        lacking = all(one["type"] in MISSING for one in items)
        what = "what is missing" if lacking else "other values"
        line = next((f", with a line such as {line_of(one)}" for one in items if named(one)), "")
        hint = f"give {what}: okamochi up --env-file FILE{line}; `okamochi plan` names the variables"
    return Cause(f"{found['model']} is refused: {told}{more}", hint, own_frame(trace.text))


def named(item: re.Match[str]) -> bool:
    return item["name"] is not None and item["name"] != "__root__" and "." not in item["name"]


def line_of(item: re.Match[str]) -> str:
    """As pydantic-settings reads a field: by its name, and what is more than a text as JSON. Its class may
    ask for a prefix besides. https://docs.pydantic.dev/latest/concepts/pydantic_settings/"""
    shape = JSON_SHAPES.get(item["type"].rpartition(".")[2], "...")
    return f"{item['name'].upper()}={shape}"


def text_of(item: re.Match[str]) -> str:
    said = item["said"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    name = item["name"]
    return said if name is None or name == "__root__" else f"{name}: {said}"
