"""Files that are there to be copied: config.py.example, config-sample.yml, .env.dist, config.py.tpl."""

import re

from okamochi.system.patterns import regex

__all__ = ["of_example"]

EXAMPLE = regex(
    r"(?:^|[._-])(?:examples?|samples?|templates?|tpl|tmpl|dist|default)(?=[._-]|$)", re.IGNORECASE
)


def of_example(name: str) -> str:
    """What it is an example of, "" for a file that is none."""
    bare = EXAMPLE.sub("", name).lstrip("._-") if EXAMPLE.search(name) else ""
    return f".{bare}" if bare and name.startswith(".") else bare
