"""All rules, in the order in which their pages stand in the documentation: one file each, one line here."""

from okamochi.audit.rule import Rule
from okamochi.audit.rules.base import end_of_life
from okamochi.audit.rules.compose import published_everywhere
from okamochi.audit.rules.env import flask_env
from okamochi.audit.rules.health import no_such_program
from okamochi.audit.rules.process import development_server, shell_is_process_1

__all__ = ["RULES"]

RULES: tuple[Rule, ...] = (
    end_of_life.RULE,
    development_server.RULE,
    shell_is_process_1.RULE,
    no_such_program.RULE,
    flask_env.RULE,
    published_everywhere.RULE,
)
