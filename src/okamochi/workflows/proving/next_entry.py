"""Which entry point takes the place of one that failed its proof."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from okamochi.errors import OkamochiError
from okamochi.model.correction import Correction, CorrectionKind, is_sound, plain_reason
from okamochi.model.evidence import Origin
from okamochi.model.plan import APP_ROOT
from okamochi.run.proof.answer import Outcome
from okamochi.run.traces import Cause, library_of_last_frame, own_frame
from okamochi.workflows.build import Building
from okamochi.workflows.mending.hints.values.unset import told_of_unset
from okamochi.workflows.proving.prove_entry import REFUSED, Proof

if TYPE_CHECKING:
    from okamochi.workflows.plan import PlannedProject

__all__ = ["next_entry"]

NOTHING: Mapping[str, str] = {}
PASSED_OVER = (*REFUSED, Outcome.FAILED, Outcome.NO_FOLDER)


def next_entry(proof: Proof, building: Building, given: Mapping[str, str] = NOTHING) -> Correction | None:
    """Passes over an entry point that failed: the building is then of the next one. None when a person named
    it, what it lacks is a variable that is not `given`, no other is there, or that has none of the routes.
    Where one that was passed over failed in the same way, others that load the failing file would, too: they
    are passed over untried."""
    verdict = proof.verdict
    if building.request.locked or verdict.outcome not in PASSED_OVER or verdict.cause is None:
        return None
    if verdict.cause.variable or refuses_to_start(proof):
        return None
    planned = building.plan_now()
    if proof.answer is not None and told_of_unset(verdict.cause, proof.answer.text, planned.plan, given):
        return None
    said = [one for one in planned.plan.decisions if one.field == "application.object_reference"]
    if any(one.origin is not Origin.DETECTED for one in said):
        return None
    alike = any(one.reason == told_of(one.value, verdict.cause) for one in planned.corrections)
    failing = failing_file(proof)
    if alike and not failing:
        return None
    name = planned.plan.application.entry_point
    reason = told_of(name, verdict.cause)
    correction = Correction(kind=CorrectionKind.PASSED_OVER, value=name, reason=reason)
    if not is_sound(correction):
        return None
    try:
        building.correct(correction)
        while alike and failing in files_loaded_by(building.plan_now()):
            other = building.plan_now().plan.application.entry_point
            why = plain_reason(f"{other} loads {failing}, where others fail")
            building.correct(Correction(kind=CorrectionKind.PASSED_OVER, value=other, reason=why))
    except OkamochiError:
        building.planned = planned
        return None
    if building.plan_now().plan.loads_no_route and not planned.plan.loads_no_route:
        building.planned = planned  # main.py failed, and the package alone has not what main.py imports
        return None
    return correction


def failing_file(proof: Proof) -> str:
    """The project's file in which the failure came to be, "" where the proof does not show one."""
    place = own_frame(proof.answer.text).rpartition(":")[0] if proof.answer is not None else ""
    return place.removeprefix(f"{APP_ROOT}/") if place.startswith(f"{APP_ROOT}/") else ""


def files_loaded_by(planned: "PlannedProject") -> tuple[str, ...]:
    """The entry point's own file, and what is imported with it."""
    from okamochi.detect.source.flask_objects import FlaskObjects
    from okamochi.detect.source.reachable import loaded_from
    from okamochi.detect.source.sources import Sources

    sources, application = Sources(planned.project), planned.plan.application
    path = application.script or sources.find(application.object_reference.partition(":")[0])
    return loaded_from(path, FlaskObjects(sources)) if path else ()


def told_of(name: str, cause: Cause) -> str:
    return plain_reason(f"{name} does not load: {cause.text}")


def refuses_to_start(proof: Proof) -> bool:
    """Whether the app's own code ended it on purpose, and said why: until something is built, or a setting
    made. Another object of the project would be served in its place."""
    answer = proof.answer
    meant = answer is not None and answer.error in ("RuntimeError", "SystemExit")
    return meant and answer is not None and not library_of_last_frame(answer.text)
