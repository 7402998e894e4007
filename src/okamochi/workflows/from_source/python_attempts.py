"""Another Python, when what is pinned has no wheel for the plan's: the next that the metadata admits."""

from collections.abc import Callable, Iterator

import msgspec

from okamochi.errors import OkamochiError, RegistryError, UnfitPythonError
from okamochi.model.correction import Correction, CorrectionKind, plain_reason
from okamochi.model.lock import LockedWheel
from okamochi.workflows.locking.lock import LockSession
from okamochi.workflows.mending.kept_corrections import with_correction

__all__ = ["Attempt", "on_another_python", "refused", "session_on"]


class Attempt(msgspec.Struct, frozen=True):
    """A Python for which everything can be had."""

    session: LockSession
    wheels: tuple[LockedWheel, ...]


Cost = Callable[[Attempt], int]


def nothing_extra(_: Attempt) -> int:
    """Wheels are as cheap on one Python as on another."""
    return 0


def on_another_python(
    session: LockSession, refusal: UnfitPythonError, cost: Cost = nothing_extra
) -> LockSession:
    """The session of the same project on the cheapest of the plan's alternatives, the first of equals; one
    that costs nothing ends the search. Its wheels are resolved.

    Raises what is wrong with the first Python, in full, and with each alternative, when none does."""
    refusals: list[OkamochiError] = [refusal]
    fitting: list[Attempt] = []
    unfit: list[LockSession] = []
    for attempt in attempts(session, refusals, unfit):
        fitting.append(attempt)
        if cost(attempt) == 0:
            break
    out_of_reach = isinstance(refusal.__cause__, RegistryError)  # it is there, but not for us
    if not fitting:
        from okamochi.workflows.from_source.source_builds import built_from_source

        if not out_of_reach or not unfit:
            try:
                return built_from_source(session, nowhere(session, refusals))
            except OkamochiError as failure:
                from okamochi.workflows.layers.image_python import on_an_image

                of_image = None if out_of_reach else on_an_image(session, failure)
                if of_image is None:
                    raise
                return of_image
        try:
            best = built_from_source(unfit[0], refused(unfit[0]))
        except OkamochiError as failure:  # the Python that was asked for may do without it
            untried = f"Python {session.planned.plan.python_version} was not tried: {refusal.message}"
            failure.details = (untried, refusal.hint, *failure.details)
            raise
    else:
        best = min(fitting, key=cost).session
    plan = best.planned.plan
    told = f"Python {plan.python_version} instead of {session.planned.plan.python_version}: {refusal.message}"
    if out_of_reach:
        session.world.reporter.warn(f"{told}. {refusal.hint}")
    else:
        session.world.reporter.note(told)
    return best


def refused(session: LockSession) -> OkamochiError:
    """All that has no wheel for this Python."""
    try:
        session.wheels(briefly=False)
    except OkamochiError as failure:
        return failure
    raise AssertionError("it was refused before")


def attempts(
    session: LockSession, refusals: list[OkamochiError], unfit: list[LockSession]
) -> Iterator[Attempt]:
    """In the order of the alternatives; those that fail are added to `refusals`, and to `unfit` where it is
    for want of a wheel."""
    for version in session.planned.plan.python_alternatives:
        reason = "; ".join(f"{refusal.message}{place(refusal)}" for refusal in refusals)
        candidate = session_on(session, version, reason)
        try:
            wheels = candidate.wheels(briefly=True)
        except RegistryError:
            raise
        except OkamochiError as failure:
            refusals.append(failure)
            if isinstance(failure, UnfitPythonError) and failure.packages:
                unfit.append(candidate)
            continue
        candidate.resolved = wheels
        yield Attempt(candidate, wheels)


def nowhere(session: LockSession, refusals: list[OkamochiError]) -> OkamochiError:
    """The whole story of the first Python, then a line for each of the others."""
    alternatives = session.planned.plan.python_alternatives
    others = zip(alternatives, refusals[1:], strict=False)
    lines = tuple(f"Python {version}: {failure.message}" for version, failure in others)
    try:
        session.wheels(briefly=False)
    except UnfitPythonError as failure:
        failure.details = (*failure.details, *lines)
        return failure
    except OkamochiError as failure:
        return failure
    return refusals[0]


def place(refusal: OkamochiError) -> str:
    return f" ({refusal.where})" if refusal.where else ""


def session_on(session: LockSession, version: str, reason: str) -> LockSession:
    """Of the same project on another Python, with the reason for it."""
    correction = Correction(kind=CorrectionKind.PYTHON, value=version, reason=plain_reason(reason))
    planned = with_correction(session.planned, correction)
    return LockSession.open(session.world, planned, session.platform, session.mode)
