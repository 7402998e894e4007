"""The desk: devcontainers, debuggers, mounts for developers."""

from okamochi.audit.rule import Rule
from okamochi.audit.rules.desk import (
    as_root,
    debugger_published,
    forwarded_port,
    hidden_environment,
    lock_rewritten,
    no_such_stage,
    tool_missing,
    werkzeug_open,
    workspace_not_mounted,
)

__all__ = ["RULES"]

RULES: tuple[Rule, ...] = (
    no_such_stage.RULE,
    workspace_not_mounted.RULE,
    tool_missing.RULE,
    lock_rewritten.RULE,
    as_root.RULE,
    debugger_published.RULE,
    werkzeug_open.RULE,
    hidden_environment.RULE,
    forwarded_port.RULE,
)
