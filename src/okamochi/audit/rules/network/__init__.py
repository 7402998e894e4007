"""Between the visitor and the app: proxies, headers, timeouts, static files."""

from okamochi.audit.rule import Rule
from okamochi.audit.rules.network import (
    forwarded_ignored,
    nobody_there,
    past_the_proxy,
    proxy_gives_up,
    static_unserved,
    trusts_everybody,
)

__all__ = ["RULES"]

RULES: tuple[Rule, ...] = (
    nobody_there.RULE,
    forwarded_ignored.RULE,
    trusts_everybody.RULE,
    proxy_gives_up.RULE,
    static_unserved.RULE,
    past_the_proxy.RULE,
)
