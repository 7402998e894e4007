"""Statements that only newer Pythons than this one read, in words that this one reads; lines stay in place.

okamochi may run on an older Python than the app: what an app loads, writes and serves shows in the rest of
its code just as well. PEP 695 (3.12): type parameters, `type X = ...`; PEP 758 (3.14): except A, B; PEP 750
(3.14): template strings.
"""

import re

from okamochi.system.patterns import regex

__all__ = ["in_older_words"]

TYPE_ALIAS = regex(r"^([ \t]*)type[ \t]+([A-Za-z_]\w*)[ \t]*(?:\[[^\]\n]*\])?[ \t]*=(?!=)", re.MULTILINE)
PARAMETERS = regex(r"^([ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+\w+)\[[^\n]*?\](?=[(:])", re.MULTILINE)
EXCEPT = regex(r"^([ \t]*except\*?)[ \t]+([\w.]+(?:[ \t]*,[ \t]*[\w.]+)+)[ \t]*:", re.MULTILINE)
TEMPLATE = regex(r"(?<![\w\"'])([rR]?)[tT]([rR]?)(?=[\"'])")


def in_older_words(text: str) -> str:
    """The same text where it holds none of these."""
    text = TYPE_ALIAS.sub(r"\1\2 =", text)
    text = PARAMETERS.sub(r"\1", text)
    text = EXCEPT.sub(r"\1 (\2):", text)
    return TEMPLATE.sub(r"\1f\2", text)
