"""What an image is made on."""

from okamochi.audit.rule import Rule
from okamochi.audit.rules.base import (
    contradicts_project,
    end_of_life,
    floating_tag,
    no_digest,
    no_musl_wheels,
    old_system,
    other_python,
    starts_by_itself,
)

__all__ = ["RULES"]

RULES: tuple[Rule, ...] = (
    end_of_life.RULE,
    floating_tag.RULE,
    no_digest.RULE,
    contradicts_project.RULE,
    other_python.RULE,
    no_musl_wheels.RULE,
    old_system.RULE,
    starts_by_itself.RULE,
)
