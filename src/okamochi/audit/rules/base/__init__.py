"""What an image is made on."""

from okamochi.audit.rule import Rule
from okamochi.audit.rules.base import end_of_life

__all__ = ["RULES"]

RULES: tuple[Rule, ...] = (end_of_life.RULE,)
