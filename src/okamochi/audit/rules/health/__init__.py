"""Health checks and probes: whether they can ever say yes, and what they say."""

from okamochi.audit.rule import Rule
from okamochi.audit.rules.health import (
    asks_too_long,
    imports_what_is_missing,
    localhost_on_alpine,
    missing,
    no_such_path,
    no_such_port,
    no_such_program,
    restarts_nothing,
    script_not_there,
    shell_syntax,
    worker_asks_for_a_page,
)

__all__ = ["RULES"]

RULES: tuple[Rule, ...] = (
    no_such_program.RULE,
    shell_syntax.RULE,
    no_such_port.RULE,
    no_such_path.RULE,
    script_not_there.RULE,
    imports_what_is_missing.RULE,
    worker_asks_for_a_page.RULE,
    localhost_on_alpine.RULE,
    asks_too_long.RULE,
    restarts_nothing.RULE,
    missing.RULE,
)
