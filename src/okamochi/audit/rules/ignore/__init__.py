"""What .dockerignore keeps out of the image, and what it does not."""

from okamochi.audit.rule import Rule
from okamochi.audit.rules.ignore import enters, incomplete, missing, shallow

__all__ = ["RULES"]

RULES: tuple[Rule, ...] = (
    missing.RULE,
    enters.RULE,
    incomplete.RULE,
    shallow.RULE,
)
