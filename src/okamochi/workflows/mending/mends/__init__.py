"""All mends, in the order in which they are asked; the first one whose case it is decides.

A mend is one file in the folder of its family: its docstring says what it is about, `mend` what follows
from a failure. Nothing lists it. Families are in order: what the failure says itself comes before what
versions let conclude, and what a proof that went well shows comes last. Within a family order counts for
nothing: no failure is the case of two.
"""

from okamochi.model.correction import Correction, is_sound
from okamochi.system.modules_of_folder import modules_of
from okamochi.system.words import word_tuple
from okamochi.workflows.mending.failed import Failed, Mend

__all__ = ["mended"]

FAMILIES = word_tuple("native told python packages folders health pages")


MENDS: tuple[Mend, ...] = tuple(one.mend for family in FAMILIES for one in modules_of(f"{__name__}.{family}"))


def mended(failed: Failed) -> Correction | None:
    """By the first mend whose case it is; None when there is none, or what it says was tried before."""
    found = next((one for mend in MENDS if (one := mend(failed)) is not None), ())
    return next((one for one in found if is_sound(one) and one.key not in failed.tried), None)
