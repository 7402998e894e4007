"""Groups of commands: `users = AppGroup("users")`, registered with the app, or with what manage.py runs."""

import ast

from okamochi.detect.data.group_names import where_made
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import argument, text_of
from okamochi.model.plan import VENV_ROOT

__all__ = ["command_groups"]

GROUPS = frozenset(["flask.cli.AppGroup", "quart.cli.AppGroup", "click.Group"])
Groups = dict[tuple[str, str], tuple[str, ...]]


def command_groups(sources: Sources) -> Groups:
    """By module and variable: the words before a command's own name, its program first. Groups that nothing
    registers are left out: https://flask.palletsprojects.com/cli/#custom-commands"""
    made = {
        (module.path, target.id): text_of(argument(call, 0))
        for module in sources.mentioning("AppGroup", "click.Group")
        for statement in module.tree.body
        if isinstance(statement, ast.Assign) and isinstance(call := statement.value, ast.Call)
        if module.imports.full(call.func) in GROUPS
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    if not made:
        return {}
    found: Groups = {}
    for module in sources.mentioning("add_command"):
        for node in module.nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                _registered(node, node.func, module, sources, made, found)
    return found


def _registered(
    call: ast.Call,
    function: ast.Attribute,
    module: Module,
    sources: Sources,
    made: dict[tuple[str, str], str],
    found: Groups,
) -> None:
    if function.attr != "add_command" or not call.args:
        return
    key = where_made(call.args[0], module, sources)
    name = text_of(argument(call, 1))
    if key in made and (name or made[key]):
        own = ast.unparse(function.value).endswith(".cli") or "manage.py" not in sources.known
        program = (f"{VENV_ROOT}/bin/flask",) if own else (f"{VENV_ROOT}/bin/python", "manage.py")
        found[key] = (*program, name or made[key])
