"""A start that failed, and what may be tried to mend it: what its log shows, and paths that it could not
write, which become places where it may."""

import posixpath
from collections.abc import Mapping
from typing import TYPE_CHECKING

from okamochi.errors import EngineError, OkamochiError, UnhealthyError
from okamochi.model.correction import Correction, is_sound
from okamochi.model.plan import APP_ROOT
from okamochi.oci.reference import Reference
from okamochi.run.engine import Engine, NotIsolated
from okamochi.run.proof.answer import Answer, Outcome, Verdict, answer_of_trace
from okamochi.run.proof.trial import ask, made_up_values
from okamochi.run.service_failures import refused_password, unencrypted_service, unreachable_service
from okamochi.run.traces import UNNAMED, raised_traces
from okamochi.workflows.build import Building
from okamochi.workflows.mending.corrections import correction_for
from okamochi.workflows.mending.failed import Failed
from okamochi.workflows.mending.lacking import lacking_installed
from okamochi.workflows.mending.written_places import written_folder
from okamochi.workflows.rebuilding.remembered import BuiltImage

if TYPE_CHECKING:
    from okamochi.workflows.plan import PlannedProject

__all__ = ["FailedStart"]

OF_SERVICES = (refused_password, unencrypted_service, unreachable_service)
SEEN = "the log of its start saw"


class FailedStart:
    """`planned` is the plan that was started, `earlier` the failure that it was to mend: what could not be
    had then is not tried again."""

    def __init__(
        self,
        failure: UnhealthyError,
        planned: "PlannedProject",
        built: BuiltImage,
        reference: Reference,
        earlier: "FailedStart | None",
    ) -> None:
        self.failure = failure
        self.planned = planned
        self.built = built
        self.reference = reference
        self.refused: set[tuple[str, str]] = set(earlier.refused) if earlier is not None else set()

    def refuse(self, building: Building, error: OkamochiError) -> None:
        """What was tried to mend it cannot be built, which is not the project's own fault: it is left out,
        and something else may mend it."""
        last = building.plan_now().corrections[-1]
        why = "; ".join((error.message, *error.details[:1]))
        building.world.reporter.note(f"{last} cannot be had: {why}")
        self.refused.add(last.key)
        building.planned, building.known = self.planned, None

    def correction(self, building: Building, engine: Engine, given: Mapping[str, str]) -> Correction | None:
        """The next change that the evidence supports, which lets the app write what it could not, or have the
        packages that it needs; None when that was not why it failed, or nothing is left.

        SQLite does not say which file it cannot open: then / is asked of the app once more inside the proof,
        or the process that failed is run there, which sees what is opened."""
        if building.request.locked:
            return None
        failure, planned = self.failure, building.plan_now()
        if not failure.unwritable:
            return correction_for_log(self._failed(building))
        if failure.unwritable != UNNAMED:
            path = posixpath.join(APP_ROOT, failure.unwritable)
            place = failure.where if failure.where.startswith(f"{APP_ROOT}/") else ""
            found = [written_folder(path, place, planned, SEEN)]
        else:
            answer = self._visited(building, engine, given)
            saw = f"the proof of {failure.process} saw" if failure.process else "a visit saw"
            found = [written_folder(write.path, write.place, planned, saw) for write in answer.writes]
        tried = {(one.kind, one.value) for one in planned.corrections}
        sound = (one for one in found if one is not None and is_sound(one))
        return next((one for one in sound if (one.kind, one.value) not in tried), None)

    def _failed(self, building: Building) -> Failed:
        return Failed(
            Verdict(outcome=Outcome.FAILED),
            None,
            building.plan_now(),
            {one.name: one.version for one in self.built.components if one.kind == "wheel"},
            self.refused,
            log=self.failure.log,
            world=building.world,
            platform=building.platform,
        )

    def _visited(self, building: Building, engine: Engine, given: Mapping[str, str]) -> Answer:
        """What the proof sees while / is asked of the app, or while the process that failed is run; no writes
        when it cannot be."""
        plan = building.plan_now().plan
        process = next((one for one in plan.processes if one.name == self.failure.process), None)
        with building.world.reporter.step("Looking for what the app writes"):
            try:
                values = {**given, **made_up_values(plan, given)}
                return ask(engine, str(self.reference.tagged), plan, values, visit="/", process=process)
            except (EngineError, NotIsolated):
                return Answer(outcome="unknown")


def correction_for_log(failed: Failed) -> Correction | None:
    """What the log says as a whole; then what the proof would have concluded from the exceptions in it, the
    last one first: a module that is not installed, a library that fails."""
    found = correction_for(failed)
    if found is not None:
        return found
    for trace in raised_traces(failed.log):
        if any(one(trace.text) is not None for one in OF_SERVICES):
            continue  # no other version of a package is let in
        shown = failed.because_of(answer_of_trace(trace))
        of_packages = shown.outcome in (Outcome.MISSING_MODULE, Outcome.LIBRARY)
        if of_packages or (shown.answer and lacking_installed(shown.answer, failed.of_indexes)):
            found = correction_for(shown)
            if found is not None:
                return found
    return None
