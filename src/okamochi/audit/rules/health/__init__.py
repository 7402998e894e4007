"""Health checks and probes: whether they can ever say yes, and what they say."""

from okamochi.audit.rule import Rule
from okamochi.audit.rules.health import no_such_program

__all__ = ["RULES"]

RULES: tuple[Rule, ...] = (no_such_program.RULE,)
