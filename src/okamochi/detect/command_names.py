"""Names that click gives to commands: https://click.palletsprojects.com/commands/"""

import ast
import re

__all__ = ["command_name"]


def command_name(call: ast.Call | None, function: str) -> str:
    """The decorator's own word, or the function's name as click makes it over."""
    given = call.args[0] if call is not None and call.args else None
    if given is None and call is not None:
        given = next((one.value for one in call.keywords if one.arg == "name"), None)
    if isinstance(given, ast.Constant) and isinstance(given.value, str):
        return given.value
    return re.sub(r"(_command|_cmd)$", "", function).replace("_", "-")
