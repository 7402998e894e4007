"""A value that nobody gave and that the line which fails takes: no other version of a library makes it up."""

from okamochi.run.proof.answer import Outcome
from okamochi.system.patterns import regex
from okamochi.workflows.mending.failed import Failed, Mended
from okamochi.workflows.mending.hints.values.unset import told_of_unset

# what is said of names and signatures, which versions change; of None it is said of the value
OF_VERSIONS = regex(
    r"cannot import name|(?<!'NoneType' object )has no attribute|is not defined|abstract|unexpected keyword|"
    r"positional argument|keyword argument|required argument|not callable|not subscriptable|VersionMismatch"
)


def mend(failed: Failed) -> Mended:
    cause = failed.verdict.cause
    if failed.outcome not in (Outcome.LIBRARY, Outcome.FAILED) or cause is None:
        return None
    if OF_VERSIONS.search(cause.text) is not None:
        return None
    return () if told_of_unset(cause, failed.text, failed.planned.plan, failed.given) else None
