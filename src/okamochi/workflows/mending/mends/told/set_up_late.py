"""Models that are imported before Django is set up: of no version will it be another."""

from okamochi.run.import_failures import SET_UP_LATE
from okamochi.workflows.mending.failed import Failed, Mended


def mend(failed: Failed) -> Mended:
    cause = failed.verdict.cause
    return () if cause is not None and cause.text == SET_UP_LATE else None
