"""Corrections that a lock keeps, and a plan with one more."""

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from okamochi.errors import OkamochiError
from okamochi.model.correction import Correction, CorrectionKind, corrected
from okamochi.model.lock_codec import lock_from_json
from okamochi.pypi.meaning import meaning
from okamochi.workflows.rebuilding.remembered import LOCK_LIMIT_BYTES, LOCK_NAME

if TYPE_CHECKING:
    from okamochi.workflows.plan import PlannedProject

__all__ = ["with_correction", "with_kept_corrections"]


def with_kept_corrections(
    planned: "PlannedProject", *, but: frozenset[CorrectionKind] = frozenset()
) -> "PlannedProject":
    """The plan with what the lock's corrections say, `but` those kinds, when they were made for this very
    plan."""
    digest = plan_digest(planned)
    planned = replace(planned, uncorrected=digest)
    content = planned.project.read_bytes(LOCK_NAME, limit_bytes=LOCK_LIMIT_BYTES)
    if content is None or b'"corrections": []' in content:
        return planned
    try:
        lock = lock_from_json(content, where=LOCK_NAME)
    except OkamochiError:
        return planned  # who needs the lock says what is wrong with it
    if lock.corrected_plan != digest:
        return planned
    kept = tuple(one for one in lock.corrections if one.kind not in but)
    return replace(planned, plan=corrected(planned.plan, kept), corrections=kept)


def with_correction(planned: "PlannedProject", correction: Correction) -> "PlannedProject":
    plan = corrected(planned.plan, (correction,))
    return replace(planned, plan=plan, corrections=(*planned.corrections, correction))


def plan_digest(planned: "PlannedProject") -> str:
    """Of all that a proof depends on and that a change of the project may mend."""
    plan = planned.plan
    parts = (
        plan.python_version,
        plan.application,
        *meaning(planned.project, plan.dependencies),
        plan.volumes,
        plan.temporary_folders,
    )
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()
