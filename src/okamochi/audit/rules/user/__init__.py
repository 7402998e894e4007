"""As whom the app runs, and what that user may write."""

from okamochi.audit.rule import Rule
from okamochi.audit.rules.user import name_not_number, root, volume_of_root

__all__ = ["RULES"]

RULES: tuple[Rule, ...] = (
    root.RULE,
    name_not_number.RULE,
    volume_of_root.RULE,
)
