"""What is process 1, which server runs, and how it stops."""

from okamochi.audit.rule import Rule
from okamochi.audit.rules.process import development_server, shell_is_process_1

__all__ = ["RULES"]

RULES: tuple[Rule, ...] = (
    development_server.RULE,
    shell_is_process_1.RULE,
)
