"""Environment variables: which are read, which values are known to everybody."""

from okamochi.audit.rule import Rule
from okamochi.audit.rules.env import flask_env

__all__ = ["RULES"]

RULES: tuple[Rule, ...] = (flask_env.RULE,)
