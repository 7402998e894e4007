"""Values that are written where a secret belongs."""

import re

import msgspec

from okamochi.audit.containers import Variable
from okamochi.audit.interpolation import MANY
from okamochi.model.placeholders import is_placeholder
from okamochi.model.process import VariableKind
from okamochi.model.variable_names import kind_of
from okamochi.system.patterns import regex

__all__ = ["SHOWN", "written_secret"]

PASSWORD = regex(r"[a-z][\w+.-]*://[^:/@\s]*:(?P<password>[^@/\s]+)@", re.IGNORECASE)
DEFAULT = regex(r"\$\{\w+:?-(?P<value>.*)\}")
# what is said in a variable of such a name without being secret: switches, numbers, places, SET-ME
NO_SECRET = regex(
    r"(?i:|true|false|yes|no|on|off|none|null|\d{1,3}|[./~].*|[a-z]+://[^@]*)|[A-Z]+(?:[-_][A-Z]+)+"
)
# of files that are there to be copied and filled in
SHOWN = regex(r"(?:^|[/._-])(?:docs?|examples?|samples?|templates?)(?:[/._-])")
WEAK = regex(r"postgres|root|admin|user(?:name)?|password\d*|mysql|mongo|db|\w{1,3}", re.IGNORECASE)


class Written(msgspec.Struct, frozen=True):
    """`known` says that it is a word of an example; `weak` that it is one that anybody would try first;
    `default` that it counts only when nobody gives another; `signs` that sessions are signed with it. The
    value itself is not kept."""

    known: bool
    weak: bool
    default: bool
    signs: bool


def written_secret(one: Variable) -> Written | None:
    """None for what is no secret, or comes from elsewhere."""
    text = (one.value or "").strip()
    kind = kind_of(one.name)
    if one.name.endswith(("_FILE", "_FILES", "_PATH")) or not text:
        return None
    default = DEFAULT.fullmatch(text)
    value = default["value"] if default is not None else text
    url = PASSWORD.match(value)
    if url is not None:
        secret = url["password"]
    elif kind is VariableKind.PLAIN or "://" in value:
        return None
    else:
        secret = value
    if "$(" in secret or MANY.search(secret) or NO_SECRET.fullmatch(secret):
        return None
    signs = kind is VariableKind.GENERATED
    known = is_placeholder(one.name, secret, signs=signs)
    weak = known or is_placeholder(one.name, secret, signs=True) or WEAK.fullmatch(secret) is not None
    return Written(known, weak, default is not None, signs)
