"""What ECS and Fargate refuse, ignore, or take in another sense."""

from okamochi.audit.rule import Rule
from okamochi.audit.rules.ecs import (
    essential_migration,
    fargate_size,
    floating_image,
    grace_too_short,
    host_port,
    impossible_dependency,
    more_than_the_task,
    network_mode,
    no_execution_role,
    no_health_check,
    no_logs,
    not_on_fargate,
    nothing_listens,
    out_of_range,
    read_only_root,
    wrong_type,
)

__all__ = ["RULES"]

RULES: tuple[Rule, ...] = (
    essential_migration.RULE,
    fargate_size.RULE,
    floating_image.RULE,
    grace_too_short.RULE,
    host_port.RULE,
    impossible_dependency.RULE,
    more_than_the_task.RULE,
    network_mode.RULE,
    no_execution_role.RULE,
    no_health_check.RULE,
    no_logs.RULE,
    not_on_fargate.RULE,
    nothing_listens.RULE,
    out_of_range.RULE,
    read_only_root.RULE,
    wrong_type.RULE,
)
