"""YAML of strangers: files that other tools write by hand-sized amounts, and nothing that only costs time."""

import re
from functools import lru_cache

from okamochi.system.patterns import regex

__all__ = ["yaml_of"]

MOST_CHARACTERS = 500_000
MOST_ALIASES = 200
TOO_DEEP = regex(r"[\[{][\s\[{\"',-]{60}|^(?:- ){30}", re.MULTILINE)
ALIAS = regex(r"(?:^|[\s\[,{:-])\*[\w-]")


@lru_cache(maxsize=8)
def yaml_of(text: str) -> object:
    """What the text says; None when it is no YAML, or more of it than a person writes. Nobody changes it:
    several detectors ask for the same file."""
    if not text.strip():
        return None  # most ask for files that are not there, and the library takes long to import
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    if len(text) > MOST_CHARACTERS or TOO_DEEP.search(text) or len(ALIAS.findall(text)) > MOST_ALIASES:
        return None
    try:
        return YAML(typ="safe", pure=True).load(text)
    except (YAMLError, RecursionError, ValueError):
        return None
