"""What Compose alone has: merging, waiting for others, mounts, published ports."""

from okamochi.audit.rule import Rule
from okamochi.audit.rules.compose import published_everywhere

__all__ = ["RULES"]

RULES: tuple[Rule, ...] = (published_everywhere.RULE,)
