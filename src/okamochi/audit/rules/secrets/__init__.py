"""Secrets: where they are written, who can read them."""

from okamochi.audit.rule import Rule
from okamochi.audit.rules.secrets import (
    build_argument,
    in_file,
    in_image,
    in_url,
    known_to_everybody,
    made_at_import,
    tracked,
    whole_file,
)

__all__ = ["RULES"]

RULES: tuple[Rule, ...] = (
    in_file.RULE,
    in_image.RULE,
    known_to_everybody.RULE,
    build_argument.RULE,
    in_url.RULE,
    tracked.RULE,
    made_at_import.RULE,
    whole_file.RULE,
)
