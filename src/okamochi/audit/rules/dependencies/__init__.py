"""What is installed beside the app: which versions, from which list, and where to."""

from okamochi.audit.rule import Rule
from okamochi.audit.rules.dependencies import (
    for_developers,
    in_roots_home,
    lock_not_used,
    no_compiler,
    no_hashes,
    no_such_server,
    pip_user,
    scripts_left_behind,
    tool_beside_app,
    unpinned,
)

__all__ = ["RULES"]

RULES: tuple[Rule, ...] = (
    no_such_server.RULE,
    no_compiler.RULE,
    unpinned.RULE,
    lock_not_used.RULE,
    for_developers.RULE,
    in_roots_home.RULE,
    pip_user.RULE,
    scripts_left_behind.RULE,
    tool_beside_app.RULE,
    no_hashes.RULE,
)
