"""What is wrong with a setting's value, in the words of TOML, not of the library that reads it."""

import datetime
from typing import Any

from okamochi.system.patterns import regex

__all__ = ["as_it_is_written", "in_words"]

KINDS = {
    "str": "text in quotes",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "date": "a date without quotes",
    "datetime": "a date without quotes",
}
EXPECTED = regex(
    r"Expected `(?P<wanted>[^`]+)`(?:, got `(?P<has>\w+)`| (?P<bound>[<>]=?) (?P<limit>[\d.]+))(?P<at>.*)"
)
UNKNOWN = regex(r"Object contains unknown field `(?P<name>[^`]+)`.*")
BOUNDS = {"<=": "of at most", ">=": "of at least", ">": "above", "<": "below"}


def in_words(key: str, reason: str) -> str:
    """One sentence of what msgspec says: "the setting port wants a whole number, and has text in quotes"."""
    unknown = UNKNOWN.fullmatch(reason)
    if unknown is not None:
        return f"an entry of the setting {key} knows no {unknown['name']}"
    found = EXPECTED.fullmatch(reason)
    if found is None:
        return f"the setting {key} has a wrong value: {reason[:1].lower()}{reason[1:].partition(' - at ')[0]}"
    subject = f"an entry of the setting {key}" if "[" in found["at"] else f"the setting {key}"
    wanted = " or ".join(KINDS.get(one, one) for one in found["wanted"].split(" | ") if one != "null")
    if found["bound"]:
        return f"{subject} wants {wanted} {BOUNDS[found['bound']]} {found['limit'].removesuffix('.0')}"
    return f"{subject} wants {wanted}, and has {KINDS.get(found['has'], found['has'])}"


def as_it_is_written(key: str, value: Any, reason: str) -> str:
    """The line that was meant, where one can tell: `packages = ["ffmpeg"]`; else ""."""
    found = EXPECTED.fullmatch(reason)
    if found is None or "[" in found["at"]:
        return ""
    wanted = found["wanted"].split(" | ")
    if "str" in wanted and isinstance(value, (int, float, datetime.date)) and not isinstance(value, bool):
        return f'{key} = "{value}"'
    if "array" in wanted and isinstance(value, str):
        return f'{key} = ["{value}"]'
    if "int" in wanted and isinstance(value, str) and value.isascii() and value.isdecimal():
        return f"{key} = {value}"
    return ""
