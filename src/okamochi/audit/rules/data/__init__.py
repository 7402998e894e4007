"""Databases and what outlives containers: volumes, versions, addresses."""

from okamochi.audit.rule import Rule
from okamochi.audit.rules.data import (
    does_not_agree,
    driver_not_there,
    end_of_life,
    floating_version,
    hardened_to_death,
    loopback,
    lost_with_the_container,
    migrates_side_by_side,
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
    driver_not_there.RULE,
    hardened_to_death.RULE,
    lost_with_the_container.RULE,
    migrates_side_by_side.RULE,
)
