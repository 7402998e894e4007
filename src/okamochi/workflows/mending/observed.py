"""What the start of an app shows: a path that it could not write becomes a place where it may."""

import posixpath
from collections.abc import Collection, Mapping

from okamochi.errors import EngineError, UnhealthyError
from okamochi.model.correction import Correction, is_sound
from okamochi.model.plan import APP_ROOT
from okamochi.oci.reference import Reference
from okamochi.run.engine import Engine, NotIsolated
from okamochi.run.proof.answer import Answer, Outcome, Verdict, answer_of_trace
from okamochi.run.proof.trial import ask, made_up_values
from okamochi.run.service_failures import refused_password, unencrypted_service, unreachable_service
from okamochi.run.traces import UNNAMED, raised_traces
from okamochi.system.world import World
from okamochi.workflows.build import Building
from okamochi.workflows.mending.corrections import correction_for
from okamochi.workflows.mending.failed import Failed
from okamochi.workflows.mending.lacking import lacking_installed
from okamochi.workflows.mending.written_places import written_folder

__all__ = ["observed_correction"]

OF_SERVICES = (refused_password, unencrypted_service, unreachable_service)
SEEN = "the log of its start shows that"


def observed_correction(
    failure: UnhealthyError,
    building: Building,
    reference: Reference,
    engine: Engine,
    given: Mapping[str, str],
    world: World,
    *,
    installed: Mapping[str, str],
    refused: Collection[tuple[str, str]],
) -> Correction | None:
    """The one change that lets the app write what it could not, or have the packages that it needs; None
    when that was not why it failed, or nothing more can be done about it.

    `installed` and `refused` are as `correction_for` has them.

    SQLite does not say which file it cannot open: then / is asked of the app once more inside the proof, or
    the process that failed is run there, which sees what is opened."""
    if building.request.locked:
        return None
    planned = building.plan_now()
    if not failure.unwritable:
        failed = Failed(
            Verdict(outcome=Outcome.FAILED),
            None,
            planned,
            installed,
            refused,
            log=failure.log,
            world=world,
            platform=building.platform,
        )
        return correction_for_log(failed)
    if failure.unwritable != UNNAMED:
        path = posixpath.join(APP_ROOT, failure.unwritable)
        place = failure.where if failure.where.startswith(f"{APP_ROOT}/") else ""
        found = [written_folder(path, place, planned, SEEN)]
    else:
        answer = visited(building, reference, engine, given, world, failure.process)
        saw = f"the proof of {failure.process} saw" if failure.process else "a visit saw"
        found = [written_folder(write.path, write.place, planned, saw) for write in answer.writes]
    tried = {(one.kind, one.value) for one in planned.corrections}
    return next(
        (one for one in found if one is not None and is_sound(one) and (one.kind, one.value) not in tried),
        None,
    )


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
        if of_packages or (shown.answer and lacking_installed(shown.answer, failed.installed)):
            found = correction_for(shown)
            if found is not None:
                return found
    return None


def visited(
    building: Building,
    reference: Reference,
    engine: Engine,
    given: Mapping[str, str],
    world: World,
    failed_process: str,
) -> Answer:
    """What the proof sees while / is asked of the app, or while the process that failed is run; no writes
    when it cannot be."""
    plan = building.plan_now().plan
    process = next((one for one in plan.processes if one.name == failed_process), None)
    with world.reporter.step("Looking for what the app writes"):
        try:
            values = {**given, **made_up_values(plan, given)}
            return ask(engine, str(reference.tagged), plan, values, visit="/", process=process)
        except (EngineError, NotIsolated):
            return Answer(outcome="unknown")
