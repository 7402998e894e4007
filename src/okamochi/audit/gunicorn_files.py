"""Settings of gunicorn by all the ways in which they are given, and what of them can be known."""

import ast

import msgspec

from okamochi.audit.containers import Container
from okamochi.audit.servers import Option, Server, config_path, gunicorn_setting, servers
from okamochi.audit.setup import Setup
from okamochi.system.python_text import syntax_tree

__all__ = ["graceful_seconds", "gunicorn_value"]

# https://docs.gunicorn.org/en/stable/settings.html#graceful-timeout
GUNICORN_SECONDS = 30


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
    tree = syntax_tree(text)
    return tree is None or any(is_named(one, word) for one in ast.walk(tree))


def is_named(one: ast.AST, word: str) -> bool:
    if isinstance(one, ast.ImportFrom):
        return any(name.name in ("*", word) for name in one.names)
    if isinstance(one, ast.Call):  # globals().update(…), setattr(…)
        return isinstance(one.func, ast.Name) and one.func.id in ("globals", "setattr", "exec")
    return isinstance(one, ast.Name) and one.id == word


def graceful_seconds(container: Container, setup: Setup) -> int | None:
    """Of the gunicorn that it starts; None where there is none, or a file of its own that is not read."""
    started = [one for one in servers(container) if one.name == "gunicorn"]
    if len(started) != 1:
        return None
    given = gunicorn_value(started[0], "graceful-timeout", setup)
    if given.is_given:
        return int(given.value) if given.value.isdecimal() else None
    return GUNICORN_SECONDS
