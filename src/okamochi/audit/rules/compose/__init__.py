"""What Compose alone has: merging, waiting for others, mounts, published ports."""

from okamochi.audit.rule import Rule
from okamochi.audit.rules.compose import (
    anonymous_volume,
    circle,
    cleared_by_nothing,
    desk_target,
    expanded_on_the_host,
    first_format,
    fixed_name,
    floating_image,
    links,
    missing_file,
    never_completes,
    no_restart,
    nothing_to_wait_for,
    one_at_most,
    port_leads_nowhere,
    published_everywhere,
    source_over_image,
    starts_too_early,
    version_key,
    volume_over_code,
)

__all__ = ["RULES"]

RULES: tuple[Rule, ...] = (
    port_leads_nowhere.RULE,
    version_key.RULE,
    starts_too_early.RULE,
    nothing_to_wait_for.RULE,
    source_over_image.RULE,
    volume_over_code.RULE,
    one_at_most.RULE,
    desk_target.RULE,
    links.RULE,
    no_restart.RULE,
    anonymous_volume.RULE,
    cleared_by_nothing.RULE,
    expanded_on_the_host.RULE,
    published_everywhere.RULE,
    fixed_name.RULE,
    missing_file.RULE,
    never_completes.RULE,
    floating_image.RULE,
    circle.RULE,
    first_format.RULE,
)
