"""Commands of blueprints: `@bp.cli.command("create")` is `flask NAME-OF-THE-BLUEPRINT create`, unless its
`cli_group` says another word, or None for none: https://flask.palletsprojects.com/cli/#registering-commands-with-blueprints"""

import ast
from collections.abc import Iterator

from okamochi.detect.data.group_names import where_made
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import argument, keyword_value, text_of
from okamochi.model.plan import VENV_ROOT
from okamochi.pypi.python_values import last_name

__all__ = ["blueprint_groups"]

Words = tuple[str, ...]


def blueprint_groups(sources: Sources) -> dict[tuple[str, str], Words]:
    """By module and `bp.cli` as the module writes it: the words before a command's own name, its program
    first."""
    users = sources.mentioning(".cli.command")
    made = {key: words for key, words in _made(sources) if words is not None} if users else {}
    if not made:
        return {}
    made.update(_registered(sources, made))
    return {
        (module.path, ast.unparse(node.value)): (f"{VENV_ROOT}/bin/flask", *made[key])
        for module in users
        for node in module.nodes
        if isinstance(node, ast.Attribute) and node.attr == "command"
        if isinstance(node.value, ast.Attribute) and node.value.attr == "cli"
        if (key := where_made(node.value.value, module, sources)) in made
    }


def _made(sources: Sources) -> Iterator[tuple[tuple[str, str], Words | None]]:
    for module in sources.mentioning("Blueprint"):
        for node in module.nodes:
            match node:
                case ast.Assign(targets=[ast.Name(id=variable)], value=ast.Call() as call):
                    if last_name(call.func).endswith("Blueprint"):
                        yield (module.path, variable), _group(call, text_of(argument(call, 0, "name")))
                case _:
                    pass


def _registered(sources: Sources, made: dict[tuple[str, str], Words]) -> dict[tuple[str, str], Words]:
    """What `app.register_blueprint(bp, cli_group=...)` says instead."""
    return {
        key: words
        for module in sources.mentioning("cli_group")
        for call in _registrations(module)
        if (key := where_made(call.args[0], module, sources)) in made
        if keyword_value(call, "cli_group") is not None and (words := _group(call, "")) is not None
    }


def _registrations(module: Module) -> Iterator[ast.Call]:
    for node in module.nodes:
        if isinstance(node, ast.Call) and last_name(node.func) == "register_blueprint" and node.args:
            yield node


def _group(call: ast.Call, name: str) -> Words | None:
    """The words of `cli_group`, else the name; None where nobody can tell."""
    given = keyword_value(call, "cli_group")
    if isinstance(given, ast.Constant) and given.value is None:
        return ()
    word = text_of(given) if given is not None else name
    return (word,) if word else None
