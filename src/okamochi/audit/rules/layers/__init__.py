"""What the steps of a Dockerfile leave in the image, and what they do not."""

from okamochi.audit.rule import Rule
from okamochi.audit.rules.layers import (
    apt_lists,
    apt_update_alone,
    chown_of_code,
    compilers_shipped,
    copy_before_install,
    desk_comes_last,
    frontend_stays,
    glued_line,
    hidden_failure,
    locale_made,
    markdown_debris,
    not_shipped,
    second_python,
    secret_file,
    setcap,
    world_writable,
)

__all__ = ["RULES"]

RULES: tuple[Rule, ...] = (
    secret_file.RULE,
    desk_comes_last.RULE,
    not_shipped.RULE,
    copy_before_install.RULE,
    compilers_shipped.RULE,
    second_python.RULE,
    apt_update_alone.RULE,
    apt_lists.RULE,
    hidden_failure.RULE,
    world_writable.RULE,
    chown_of_code.RULE,
    setcap.RULE,
    markdown_debris.RULE,
    glued_line.RULE,
    locale_made.RULE,
    frontend_stays.RULE,
)
