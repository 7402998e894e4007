"""What is process 1, which server runs, and how it stops."""

from okamochi.audit.rule import Rule
from okamochi.audit.rules.process import (
    broken_exec_form,
    daemon,
    development_server,
    listens_on_loopback,
    log_file,
    no_such_object,
    reload,
    script_without_exec,
    shell_is_process_1,
    variable_in_exec_form,
    windows_line_ends,
)

__all__ = ["RULES"]

RULES: tuple[Rule, ...] = (
    development_server.RULE,
    listens_on_loopback.RULE,
    no_such_object.RULE,
    shell_is_process_1.RULE,
    script_without_exec.RULE,
    windows_line_ends.RULE,
    broken_exec_form.RULE,
    variable_in_exec_form.RULE,
    daemon.RULE,
    reload.RULE,
    log_file.RULE,
)
