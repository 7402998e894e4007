"""Names that click gives to commands: https://click.palletsprojects.com/commands/"""

import ast
import re

from okamochi.detect.source.syntax import argument, text_of

__all__ = ["command_name"]


def command_name(call: ast.Call | None, function: str) -> str:
    """The decorator's own word, or the function's name as click makes it over."""
    given = text_of(argument(call, 0, "name")) if call is not None else ""
    return given or re.sub(r"(_command|_cmd)$", "", function).replace("_", "-")
