"""Statements that only newer Pythons than this one read, in words that this one reads; lines stay in place.

okamochi may run on an older Python than the app: what an app loads, writes and serves shows in the rest of
its code just as well. PEP 695 (3.12): type parameters, `type X = ...`; PEP 758 (3.14): except A, B; PEP 750
(3.14): template strings.
"""

import ast
import re

from okamochi.system.patterns import regex

__all__ = ["in_older_words", "without_string"]

TYPE_ALIAS = regex(r"^([ \t]*)type[ \t]+([A-Za-z_]\w*)[ \t]*(?:\[[^\]\n]*\])?[ \t]*=(?!=)", re.MULTILINE)
PARAMETERS = regex(r"^([ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+\w+)\[[^\n]*?\](?=[(:])", re.MULTILINE)
EXCEPT = regex(r"^([ \t]*except\*?)[ \t]+([\w.]+(?:[ \t]*,[ \t]*[\w.]+)+)[ \t]*:", re.MULTILINE)
# how one begins; the last of its quotes in the line with which the line can be read ends it
FORMATTED = regex(r"(?<![\w\"\'])(?:[rR]?[fF]|[fF][rR])(?!\"\"\"|\'\'\')([\"\'])")
MOST_ENDS = 12
TEMPLATE = regex(r"(?<![\w\"'])([rR]?)[tT]([rR]?)(?=[\"'])")


def in_older_words(text: str) -> str:
    """The same text where it holds none of these."""
    text = TYPE_ALIAS.sub(r"\1\2 =", text)
    text = PARAMETERS.sub(r"\1", text)
    text = EXCEPT.sub(r"\1 (\2):", text)
    return TEMPLATE.sub(r"\1f\2", text)


def without_string(text: str, error: SyntaxError) -> str:
    """The same text with the formatted string of the line that this Python cannot read emptied: PEP 701
    (3.12) allows backslashes and the string's own quotes in its expressions. As it was for other errors."""
    lines = text.split("\n")
    number = (error.lineno or 0) - 1
    if "f-string" not in (error.msg or "") or not 0 <= number < len(lines):
        return text
    line = lines[number]
    begun = FORMATTED.search(line)
    if begun is None:
        return text
    ends = [place for place in range(begun.end(), len(line)) if line[place] == begun[1]]
    for place in ends[: -MOST_ENDS - 1 : -1]:
        lines[number] = f'{line[: begun.start()]}""{line[place + 1 :]}'
        emptied = "\n".join(lines)
        if fault_of(emptied) > number + 1:
            return emptied
    return text


def fault_of(text: str) -> int:
    """The line that cannot be read; beyond the last one when all can."""
    try:
        ast.parse(text)
    except SyntaxError as error:
        return error.lineno or 0
    return text.count("\n") + 2
