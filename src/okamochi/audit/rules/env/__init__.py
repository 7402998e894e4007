"""Environment variables: which are read, which values are known to everybody."""

from okamochi.audit.rule import Rule
from okamochi.audit.rules.env import (
    another_name,
    beats_env_file,
    blank,
    debug_in_production,
    dollar,
    flask_env,
    gunicorn_unread,
    loopback,
    no_such_locale,
    overruled,
    placeholder,
    read_literally,
    repeated,
    two_defaults,
    unguarded,
    unread,
)

__all__ = ["RULES"]

RULES: tuple[Rule, ...] = (
    debug_in_production.RULE,
    flask_env.RULE,
    gunicorn_unread.RULE,
    another_name.RULE,
    two_defaults.RULE,
    unguarded.RULE,
    repeated.RULE,
    dollar.RULE,
    read_literally.RULE,
    no_such_locale.RULE,
    beats_env_file.RULE,
    placeholder.RULE,
    blank.RULE,
    loopback.RULE,
    overruled.RULE,
    unread.RULE,
)
