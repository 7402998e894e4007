"""All rules, in the order in which their pages stand in the documentation.

A rule is one file in the folder of its family. Its name is the file's, its page the file's docstring;
`SEVERITY` says how much it matters, `look` finds where it does not hold.
"""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from okamochi.audit.rule import Rule
from okamochi.system.words import word_tuple

__all__ = ["RULES"]

FAMILIES = word_tuple(
    "base dependencies layers ignore user process health network env secrets compose data desk kubernetes "
    "ecs swarm"
)


def rules_of(family: str) -> Iterator[Rule]:
    """Sorted by their names."""
    package = import_module(f"{__name__}.{family}")
    for name in sorted(one.name for one in iter_modules(package.__path__)):
        rule = import_module(f"{package.__name__}.{name}")
        yield Rule(f"{family}/{name.replace('_', '-')}", rule.SEVERITY, rule.look, rule.__doc__ or "")


RULES = tuple(rule for family in FAMILIES for rule in rules_of(family))
