"""Settings of gunicorn by all the ways in which they are given, and what of them can be known."""

import ast

import msgspec

from okamochi.audit.servers import Option, Server, config_path, gunicorn_setting
from okamochi.audit.setup import Setup

__all__ = ["gunicorn_value"]


class Setting(msgspec.Struct, frozen=True):
    """`is_given` says that something sets it, or may. `option` is where; None where nothing plain does."""

    is_given: bool
    option: Option | None = None

    @property
    def value(self) -> str:
        """ "" where it is computed, or not given."""
        return self.option.value if self.option is not None else ""


def gunicorn_value(server: Server, setting: str, setup: Setup) -> Setting:
    """A setting by its long name with hyphens. One that a file may set under a condition, or a file that is
    not here, counts as given and not known."""
    found = gunicorn_setting(server, setting, setup)
    if found is not None:
        return Setting(True, found)
    arguments = server.container.variable("GUNICORN_CMD_ARGS")
    if arguments is not None and (not arguments.value or "$" in arguments.value):
        return Setting(True)
    path = config_path(server, setup)
    if not path:
        return Setting(bool(server.value("config")) or bool(setup.project.files("**/gunicorn.conf.py")))
    return Setting(names(setup.project.read_text(path) or "", setting.replace("-", "_")))


def names(text: str, word: str) -> bool:
    """Whether a configuration may assign a name anywhere."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return True
    return any(is_named(one, word) for one in ast.walk(tree))


def is_named(one: ast.AST, word: str) -> bool:
    if isinstance(one, ast.ImportFrom):
        return any(name.name in ("*", word) for name in one.names)
    if isinstance(one, ast.Call):  # globals().update(…), setattr(…)
        return isinstance(one.func, ast.Name) and one.func.id in ("globals", "setattr", "exec")
    return isinstance(one, ast.Name) and one.id == word
