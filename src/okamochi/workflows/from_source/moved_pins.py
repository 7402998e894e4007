"""Another release in the place of a pinned one, where what is pinned cannot be had or contradicts itself.

What a maintainer would do by hand with the error before him: move one pin as little as it takes.
"""

import re
from collections.abc import Iterator

from packaging.utils import canonicalize_name
from packaging.version import Version

from okamochi.errors import ConflictError, OkamochiError, PlanError, RegistryError, UnfitPythonError
from okamochi.model.correction import Correction, CorrectionKind, is_sound, plain_reason
from okamochi.pypi.conflicting_pins import admitted_instead
from okamochi.pypi.moved_pins import pinned_version
from okamochi.pypi.requirement_line import RequirementLine
from okamochi.pypi.versions import later_releases
from okamochi.workflows.from_source.python_attempts import on_another_python, session_on
from okamochi.workflows.from_source.source_builds import builder_of, built_session
from okamochi.workflows.from_source.unbuildable import UnbuildableError, UnbuiltError
from okamochi.workflows.locking.lock import LockMode, LockSession
from okamochi.workflows.mending.kept_corrections import with_correction
from okamochi.workflows.mending.project_pins import project_pins
from okamochi.workflows.mending.python_releases import days_of_packages

__all__ = ["had_otherwise"]

MOST_MOVES = 12


def had_otherwise(session: LockSession, refusal: PlanError, *, may_move: bool = True) -> LockSession:
    """The session of the same project, its wheels resolved, on another Python, or with other releases than
    those that it pins, if these `may_move`. Raises what is wrong without, where neither helps."""
    try:
        if not isinstance(refusal, UnfitPythonError):
            raise refusal
        return on_another_python(session, refusal)
    except PlanError as failure:
        moved = with_moved_pins(session, failure) if may_move else None
        if moved is None:
            raise
        return moved


def with_moved_pins(session: LockSession, failure: PlanError) -> LockSession | None:
    """None where it is not for the pins, nobody may move them, or that does not help."""
    movable = session.mode is not LockMode.LOCKED and not session.planned.plan.dependencies.keep_pins
    if not movable or session.world.offline:
        return None
    unbuilt = failure.unbuilt if isinstance(failure, UnbuildableError) else {}
    for candidate, is_last in candidates(session, failure):
        known = unbuilt.get(python_of(candidate))
        found = moved_until_had(candidate, known, later=is_last)
        if found is not None:
            tell(session, found)
            return found
    return None


def candidates(session: LockSession, failure: PlanError) -> Iterator[tuple[LockSession, bool]]:
    """Each Python, as long as there is one that builds what is pinned; and whether it is the last. What none
    builds is older than all of them, so that the last is the oldest: for that one it has to be moved the
    least, and the other pins are of its time."""
    if not isinstance(failure, ConflictError | UnbuildableError):
        return
    own, others = python_of(session), session.planned.plan.python_alternatives
    reason = plain_reason(f"the project's pins need it: {failure.message}")
    on = {own: session, **{version: session_on(session, version, reason) for version in others}}
    oldest = min(on, key=Version)
    if isinstance(failure, ConflictError):
        yield from ((on[version], version == oldest) for version in on)
    else:
        yield on[oldest], True


def python_of(session: LockSession) -> str:
    return session.planned.plan.python_version


def moved_until_had(session: LockSession, known: UnbuiltError | None, *, later: bool) -> LockSession | None:
    """`known` is what is known to fail in this session, which then is not built once more; `later` releases
    take the place of what does not build."""
    problem: OkamochiError | None = known
    hopeless: set[str] = set()
    for _ in range(MOST_MOVES):
        if problem is not None:
            moved = moved_for(session, problem, hopeless, later=later)
            if moved is None:
                return None
            session = moved
        builder = builder_of(session)
        try:
            return built_session(session, builder, set())
        except RegistryError:
            raise
        except OkamochiError as failure:
            problem = failure
            session.built = builder.built
    return None


def moved_for(
    session: LockSession, problem: OkamochiError, hopeless: set[str], *, later: bool
) -> LockSession | None:
    """The session with one pin moved; what was moved to and failed as well is added to `hopeless`."""
    match problem:
        case UnbuiltError() if later:
            hopeless.add(problem.asked.lower())
            correction = later_for(session, problem, hopeless)
        case ConflictError():
            correction = admitted_for(session, problem, hopeless)
        case _:
            correction = None
    if correction is None or not is_sound(correction):
        return None
    planned = with_correction(session.planned, correction)
    moved = LockSession.open(session.world, planned, session.platform, session.mode)
    moved.built = session.built
    return moved


def later_for(session: LockSession, problem: UnbuiltError, hopeless: set[str]) -> Correction | None:
    name, _, version = problem.asked.partition("==")
    name = canonicalize_name(name)
    pin = project_pins(session.planned, session.platform).get(name)
    if pin is None or not version:
        return None
    days = days_of_packages(python_of(session))
    for release in later_releases(session.world, session.wanted, name, pinned_version(pin), days=days):
        if f"{name}=={release}" not in hopeless:
            return moved_to(pin, release, problem.message)
    return None


def admitted_for(session: LockSession, problem: ConflictError, hopeless: set[str]) -> Correction | None:
    found = admitted_instead(session.world, session.wanted_with_built(), "\n".join(problem.details))
    if found is None or f"{found.line.name}=={found.version}" in hopeless:
        return None
    hopeless.add(f"{found.line.name}=={found.version}")
    pin = project_pins(session.planned, session.platform).get(found.line.name, found.line)
    return moved_to(pin, found.version, first_reason(problem))


def first_reason(problem: ConflictError) -> str:
    """ "flask==3.0.3 depends on itsdangerous>=2.1.2" of uv's derivation."""
    first = next(iter(problem.details), problem.message).removeprefix("Because ")
    return re.split(r",? (?:and you require|we can conclude)", first)[0]


def moved_to(pin: RequirementLine, release: str, why: str) -> Correction:
    reason = f"{pin.name} is pinned to {pinned_version(pin)} ({pin.where}), but {why}"
    return Correction(
        kind=CorrectionKind.RELEASE, value=f"{pin.name}=={release}", reason=plain_reason(reason)
    )


def tell(session: LockSession, found: LockSession) -> None:
    known = {one.key for one in session.planned.corrections}
    for one in found.planned.corrections:
        if one.kind is CorrectionKind.RELEASE and one.key not in known:
            session.world.reporter.warn(
                f"{one.value.replace('==', ' ')} is installed in the place of the pinned one: {one.reason}"
            )
