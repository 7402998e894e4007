"""What bash makes of the text of `bash -c`: whether the last command takes its place, so that nobody has to
write exec.

Measured with the bash of Debian 12 and 13 (5.2.15, 5.2.37). dash and busybox never do it for a list.
"""

import re

from okamochi.system.patterns import regex

__all__ = ["gives_its_place"]

QUOTED = regex(r"'[^']*'|\"(?:\\.|[^\"\\])*\"")
FILLED_IN = regex(r"\$\{[^{}]*\}|\$\(\([^()]*\)\)|\$\([^()]*\)|`[^`]*`")
COMPOUND = regex(r"\b(?:while|until|for|select|if|case)\b.*\b(?:done|fi|esac)\b", re.DOTALL)
# redirections, pipes, groups, what runs beside it, what is turned round: bash waits for those
WAITS = re.compile(r"[|<>&(){}!]")


def gives_its_place(text: str) -> bool:
    """Of a server at the end of the text: `prepare; server`, `prepare && server`, but not `server 2>&1`,
    `a; b && server` or what sets a trap."""
    plain = FILLED_IN.sub("x", QUOTED.sub("x", re.sub(r"\\\n|(?<=&&)\s+|(?<=\|\|)\s+", " ", text)))
    plain = re.sub(r"(?:^|\s)#[^\n]*", "", COMPOUND.sub("{}", plain)).strip("; \n\t")
    unit = plain.rpartition("\n")[2]  # each line is read and done before the next one
    before, _, last = unit.rpartition(";")
    steps = re.split(r"&&|\|\|", last)
    joined_twice = bool(before) and len(steps) > 1
    return not (joined_twice or WAITS.search(steps[-1]) or re.search(r"\btrap\b", plain))
