"""What a variable is for, where the code first gives its value a name of its own.

address = os.getenv("STORE")
app.config["SQLALCHEMY_DATABASE_URI"] = address
"""

import ast
from collections import Counter
from collections.abc import Sequence

from msgspec.structs import replace

from okamochi.detect.source.python_source import Module
from okamochi.detect.variables.environment_read import Read

__all__ = ["handed_on"]


def handed_on(module: Module, reads: Sequence[Read]) -> tuple[Read, ...]:
    """The reads, each for the key of the configuration that its name is given to; only of names that nothing
    else in the module binds, for such code may mean another value."""
    names = {one.used_as for one in reads if one.used_as}
    if not names or ".config[" not in module.text:
        return tuple(reads)
    keys: dict[str, str] = {}
    bound: Counter[str] = Counter()
    for node in module.of(ast.Assign):
        for target in node.targets:
            match target, node.value:
                case ast.Name(id=name), _:
                    bound[name] += 1
                case (
                    ast.Subscript(value=ast.Attribute(attr="config"), slice=ast.Constant(value=str(key))),
                    ast.Name(id=name),
                ) if name in names:
                    keys[name] = key
                case _:
                    pass
    return tuple(
        replace(one, used_as=keys[one.used_as]) if bound[one.used_as] == 1 and one.used_as in keys else one
        for one in reads
    )
