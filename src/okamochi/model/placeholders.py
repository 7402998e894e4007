"""Values that stand where a secret should: copied from an example, and known to everybody."""

import re

__all__ = ["is_placeholder"]

LONGEST = 100
ALWAYS = re.compile(
    r"change[\W_]*(me|this|it|in[\W_]*production|before).*|.*change[\W_]*(me|this|in[\W_]*production|before[\W_]*deploy).*"
    r"|replace[\W_]*(me|this|with).*"
    r"|(your|my|insert|enter|put|paste|add)[-_ ].*(key|secret|token|password|here).*"
    r"|your(secret|password|key|token)\w*|(placeholder|todo|tbd|fixme|example|dummy|x{3,}|\*{3,}|\.{3,})"
    r"|.*[-_ ]here|.*\.{3}|<.*>|\{\{.*\}\}|\[.*(key|secret|token|password).*\]|none|null|undefined",
    re.IGNORECASE,
)
# of what signs sessions: anybody who knows it signs his own
SIGNING = re.compile(
    r"((super|very|top|my|the|a|some|this[-_ ]?is|not|so|flask|django|app|jwt|session|really|random)[-_ ]*)*"
    r"(a[-_ ])?(secret|insecure|unsafe|s3cr3t)([-_ ]?(key|string|phrase|word|token|value|string))?\d{0,4}!*"
    r"|dev(elop(ment)?)?([-_ ]?(secret|key|only))*([-_ ]?key)?|test(ing)?([-_ ]?(secret|key))*|prod(uction)?"
    r"|(secret|insecure|unsafe|django-insecure|dev)[-_].*|key|password|passwd|pass|default|foo(bar)?|bar|abc(123)?"
    r"|123(4(5(6(7(8(9)?)?)?)?)?)?|qwerty|you[-_ ]will[-_ ]never[-_ ]guess|hard[-_ ]to[-_ ]guess.*"
    r"|keep[-_ ]it[-_ ]secret.*|(the[-_ ])?quick[-_ ]brown.*|super[-_ ]?secret.*",
    re.IGNORECASE,
)


def is_placeholder(name: str, value: str, *, signs: bool) -> bool:
    """Whether the value of that variable is one that examples have; `signs`: it is a key of the app's own,
    for which any word of a dictionary is as bad."""
    text = value.strip().strip("\"'").strip()
    if not text or len(text) > LONGEST:
        return False
    plain = re.sub(r"\W|_", "", text).lower()
    if plain == re.sub(r"\W|_", "", name).lower() or ALWAYS.fullmatch(text):
        return True
    return signs and SIGNING.fullmatch(text) is not None
