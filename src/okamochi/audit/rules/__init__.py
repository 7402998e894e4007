"""All rules, in the order in which their pages stand in the documentation.

A rule is one file in the package of its family, and one line in that package's tuple.
"""

from okamochi.audit.rule import Rule
from okamochi.audit.rules import (
    base,
    compose,
    data,
    dependencies,
    desk,
    ecs,
    env,
    health,
    ignore,
    kubernetes,
    layers,
    network,
    process,
    secrets,
    swarm,
    user,
)

__all__ = ["RULES"]

RULES: tuple[Rule, ...] = (
    *base.RULES,
    *dependencies.RULES,
    *layers.RULES,
    *ignore.RULES,
    *user.RULES,
    *process.RULES,
    *health.RULES,
    *network.RULES,
    *env.RULES,
    *secrets.RULES,
    *compose.RULES,
    *data.RULES,
    *desk.RULES,
    *kubernetes.RULES,
    *ecs.RULES,
    *swarm.RULES,
)
