"""The value of FLASK_APP as files write it: app.py, "shop:create_app('production')"."""

import re

from okamochi.system.patterns import regex

__all__ = ["WORD", "unquoted"]

IN_QUOTES = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
QUOTED = regex(IN_QUOTES)
WORD = rf"(?:{IN_QUOTES}|[\w./:][^\s;&\"]*)"
"""The pattern of one word of a shell, with its quotes; one that a variable begins is none."""


def unquoted(text: str) -> str:
    """What the quotes hold that a value begins with; of one without, all that comes before a comment."""
    found = QUOTED.match(text)
    if found is None:
        return re.split(r"\s#", text, maxsplit=1)[0].strip()
    return re.sub(r"\\(.)", r"\1", found[0][1:-1])
