"""What to do about a failure that nothing mends, better than the failure's own hint.

A hint is one file in the folder of its family, and nothing lists it; `hint` returns "" where it has nothing
to say. The first that says something is told: what lies in the project comes before what an index could tell.
"""

from okamochi.system.modules_of_folder import modules_of
from okamochi.system.words import word_tuple
from okamochi.workflows.mending.failed import Failed

__all__ = ["hint_for"]

FAMILIES = word_tuple("files packages python values")
HINTS = tuple(one.hint for family in FAMILIES for one in modules_of(f"{__name__}.{family}"))


def hint_for(failed: Failed) -> str:
    return next((told for hint in HINTS if (told := hint(failed))), "")
