"""What docker stack deploy ignores, refuses, or takes in another sense than Compose."""

from okamochi.audit.rule import Rule
from okamochi.audit.rules.swarm import (
    ignored_key,
    left_over_key,
    local_image,
    loopback_is_ignored,
    migrates_in_each_task,
    no_such_secret,
    nothing_to_deploy,
    nothing_waits,
    refused_key,
    rollback_without_health,
    start_first,
    volume_on_any_node,
    without_a_swarm,
)

__all__ = ["RULES"]

RULES: tuple[Rule, ...] = (
    ignored_key.RULE,
    left_over_key.RULE,
    local_image.RULE,
    loopback_is_ignored.RULE,
    migrates_in_each_task.RULE,
    no_such_secret.RULE,
    nothing_to_deploy.RULE,
    nothing_waits.RULE,
    refused_key.RULE,
    rollback_without_health.RULE,
    start_first.RULE,
    volume_on_any_node.RULE,
    without_a_swarm.RULE,
)
