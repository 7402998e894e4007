"""What the start of an app shows: a path that it could not write becomes a place where it may."""

import posixpath
import re
from collections.abc import Collection, Mapping

from okamochi.errors import EngineError, UnhealthyError
from okamochi.model.correction import Correction, CorrectionKind, is_sound
from okamochi.model.plan import APP_ROOT
from okamochi.oci.reference import Reference
from okamochi.run.engine import Engine, NotIsolated
from okamochi.run.import_failures import SUITED_SETUPTOOLS
from okamochi.run.proof.answer import Answer, Outcome, answer_of_trace, verdict_of
from okamochi.run.proof.trial import ask, made_up_values
from okamochi.run.service_failures import refused_password, unencrypted_service, unreachable_service
from okamochi.run.traces import UNNAMED, raised_traces
from okamochi.system.patterns import regex
from okamochi.system.world import World
from okamochi.workflows.build import Building
from okamochi.workflows.mending.corrections import correction_for, lacking_installed, written_folder
from okamochi.workflows.mending.missing_native import missing_native
from okamochi.workflows.mending.vouched_names import with_evidence

__all__ = ["observed_correction"]

OF_SERVICES = (refused_password, unencrypted_service, unreachable_service)
NO_COMMAND = regex(r"^Error: No such command ['\"]?(?P<name>[\w-]+)", re.MULTILINE)
OTHER_CLIENT = regex(
    r"^kombu\.exceptions\.VersionMismatch: Redis transport requires redis-py versions .* or later\. "
    r"You have (?P<had>[\d.]+)",
    re.MULTILINE,
)
WITH_CLIENT = "kombu[redis]"
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
        values = {*(one.value for one in planned.corrections), *(value for _, value in refused)}
        text = "\n".join(trace.text for trace in raised_traces(failure.log))
        missing = missing_native(world, planned, building.platform, text)
        if missing is not None and (missing.kind, missing.value) not in refused:
            return missing
        return (
            found_by_entry_points(failure.log, planned.corrections, installed)
            or broker_of_its_client(failure.log, values, installed)
            or correction_for_log(failure.log, building, installed, refused, world)
        )
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


def found_by_entry_points(
    log: str, made: Collection[Correction], installed: Mapping[str, str]
) -> Correction | None:
    """Before 2.1 `flask` looks for the commands of packages, such as db, by pkg_resources, and goes on
    without them, and without a word, where that is not installed.
    https://flask.palletsprojects.com/en/stable/changes/#version-2-1-0"""
    command = NO_COMMAND.search(log)
    version = re.match(r"(\d+)\.(\d+)", installed.get("flask", ""))
    if command is None or version is None or "setuptools" in installed:
        return None
    if (int(version[1]), int(version[2])) >= (2, 1) or any(one.value == SUITED_SETUPTOOLS for one in made):
        return None
    reason = (
        f"flask {installed['flask']} finds its command {command['name']} by pkg_resources, which is missing"
    )
    return Correction(kind=CorrectionKind.REQUIREMENT, value=SUITED_SETUPTOOLS, reason=reason)


def broker_of_its_client(log: str, tried: Collection[str], installed: Mapping[str, str]) -> Correction | None:
    """Celery's kombu goes with few versions of redis, and says so only by its extra of that name: without it
    a pinned redis meets a kombu that refuses it."""
    found = OTHER_CLIENT.search(log)
    if found is None or WITH_CLIENT in tried:
        return None
    reason = f"kombu {installed.get('kombu', '')} refuses redis {found['had']}, which its extra redis bounds"
    return Correction(kind=CorrectionKind.REQUIREMENT, value=WITH_CLIENT, reason=reason)


def correction_for_log(
    log: str,
    building: Building,
    installed: Mapping[str, str],
    refused: Collection[tuple[str, str]],
    world: World,
) -> Correction | None:
    """What the proof would have concluded from the exceptions in the log, the last one first: a module that
    is not installed, a library that fails."""
    for trace in raised_traces(log):
        if any(one(trace.text) is not None for one in OF_SERVICES):
            continue  # no other version of a package is let in
        answer = answer_of_trace(trace)
        verdict = verdict_of(answer)
        if verdict.outcome in (Outcome.MISSING_MODULE, Outcome.LIBRARY) or lacking_installed(
            answer, installed
        ):
            planned = building.plan_now()
            correction = with_evidence(
                correction_for(verdict, answer, planned, installed=installed, refused=refused),
                answer,
                planned,
                world,
            )
            if correction is not None:
                return correction
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
