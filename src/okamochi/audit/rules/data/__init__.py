"""Databases and what outlives containers: volumes, versions, addresses."""

from okamochi.audit.rule import Rule
from okamochi.audit.rules.data import (
    does_not_agree,
    end_of_life,
    floating_version,
    loopback,
    no_such_host,
    no_volume,
    other_port,
    postgres_18_path,
)

__all__ = ["RULES"]

RULES: tuple[Rule, ...] = (
    postgres_18_path.RULE,
    no_volume.RULE,
    floating_version.RULE,
    end_of_life.RULE,
    loopback.RULE,
    other_port.RULE,
    no_such_host.RULE,
    does_not_agree.RULE,
)
