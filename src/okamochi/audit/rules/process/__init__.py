"""What is process 1, which server runs, and how it stops."""

from okamochi.audit.rule import Rule
from okamochi.audit.rules.process import (
    broken_exec_form,
    buffered_output,
    control_socket,
    daemon,
    development_server,
    heartbeat_on_disk,
    killed_while_graceful,
    listens_on_loopback,
    log_file,
    no_such_object,
    read_only_without_tmp,
    reload,
    restarts_together,
    scheduler_in_worker,
    script_not_executable,
    script_without_exec,
    shell_is_process_1,
    too_many_workers,
    uwsgi_reloads,
    variable_in_exec_form,
    windows_line_ends,
    workers_of_the_host,
)

__all__ = ["RULES"]

RULES: tuple[Rule, ...] = (
    development_server.RULE,
    listens_on_loopback.RULE,
    no_such_object.RULE,
    shell_is_process_1.RULE,
    script_not_executable.RULE,
    script_without_exec.RULE,
    windows_line_ends.RULE,
    broken_exec_form.RULE,
    variable_in_exec_form.RULE,
    daemon.RULE,
    read_only_without_tmp.RULE,
    uwsgi_reloads.RULE,
    reload.RULE,
    log_file.RULE,
    too_many_workers.RULE,
    workers_of_the_host.RULE,
    scheduler_in_worker.RULE,
    control_socket.RULE,
    killed_while_graceful.RULE,
    restarts_together.RULE,
    heartbeat_on_disk.RULE,
    buffered_output.RULE,
)
