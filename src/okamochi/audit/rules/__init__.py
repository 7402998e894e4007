"""All rules, in the order in which their pages stand in the documentation.

A rule is one file in the folder of its family. Its name is the file's, its page the file's docstring;
`SEVERITY` says how much it matters, `look` finds where it does not hold.
"""

from collections.abc import Iterator

from okamochi.audit.rule import Rule
from okamochi.system.modules_of_folder import modules_of
from okamochi.system.words import word_tuple

__all__ = ["RULES"]

FAMILIES = word_tuple(
    "base dependencies layers ignore user process health network env secrets compose data desk kubernetes "
    "ecs swarm"
)


def rules_of(family: str) -> Iterator[Rule]:
    """Sorted by their names."""
    for one in modules_of(f"{__name__}.{family}"):
        name = one.__name__.rpartition(".")[2].replace("_", "-")
        yield Rule(f"{family}/{name}", one.SEVERITY, one.look, one.__doc__ or "")


RULES = tuple(rule for family in FAMILIES for rule in rules_of(family))
