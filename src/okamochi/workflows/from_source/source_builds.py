"""Packages that are published without a wheel for any Python that the project admits: built from source."""

from collections.abc import Iterable, Sequence

from packaging.utils import canonicalize_name

from okamochi.errors import (
    BuildError,
    ConflictError,
    EngineError,
    OkamochiError,
    PlanError,
    RegistryError,
    UnfitPythonError,
)
from okamochi.model.correction import Correction, CorrectionKind
from okamochi.model.lock import LockedWheel
from okamochi.oci.platform import Platform
from okamochi.pypi.built_wheel import Built, asked_by
from okamochi.pypi.specifiers import parsed_specifier
from okamochi.workflows.from_source.python_attempts import session_on
from okamochi.workflows.from_source.unbuildable import UnbuiltError, unbuildable
from okamochi.workflows.from_source.wheel_builder import Shop, WheelBuilder
from okamochi.workflows.locking.lock import LockMode, LockSession
from okamochi.workflows.mending.kept_corrections import with_correction

__all__ = ["AtOdds", "build_again", "builder_of", "built_from_source", "built_session", "tell_other_python"]

MOST_PACKAGES = 30


class AtOdds(ConflictError):
    """With all wheels there, the requirements contradict each other: no wheel was what they lacked."""


def built_from_source(session: LockSession, refusal: OkamochiError) -> LockSession:
    """The session with its wheels resolved, some of them built, on the first of the plan's Pythons for which
    that works.

    Raises `refusal` when it tells of no package without a wheel, or there is no source of it; else why the
    build for the first Python failed."""
    if not isinstance(refusal, UnfitPythonError) or not refusal.packages:
        raise refusal
    if session.planned.plan.base.kind == "image" and session.opened_image().suite is None:
        raise refusal  # there is no archive to take compilers from
    failures: list[OkamochiError] = []
    hardest: set[str] = set()
    refusals = {session.planned.plan.python_version: refusal}
    sessions = by_packages(candidates(session, refusal), refusal, refusals)
    pure: tuple[Built, ...] = ()
    for position, candidate in enumerate(sessions):
        builder = builder_of(candidate)
        try:
            refuse_at_odds(candidate, pure)
            known = refusals.get(candidate.planned.plan.python_version, refusal).pinned
            others = sessions[position + 1 :]
            taken = built_session(candidate, builder, hardest, known, others)
            tell_other_python(session, taken, failures)
            return taken
        except RegistryError:
            raise
        except EngineError as failure:  # on this machine, with any Python
            failures.append(failure)
            break
        except AtOdds as failure:
            failures.append(failure)
            pure = of_every_python(builder) or pure
        except OkamochiError as failure:
            failures.append(failure)
    raise next(
        (one for one in failures if isinstance(one, AtOdds)),
        unbuildable(refusal, failures, refusals, session.planned.plan),
    )


def tell_other_python(first: LockSession, taken: LockSession, failures: Sequence[OkamochiError]) -> None:
    was, now = (one.planned.plan.python_version for one in (first, taken))
    if was == now:
        return
    why = failures[0].message if failures else "fewer packages have to be built from their sources"
    first.world.reporter.note(f"Python {now} instead of {was}: {why}")


def candidates(session: LockSession, refusal: UnfitPythonError) -> list[LockSession]:
    """The plan's first choice of Python, then its alternatives."""
    plan = session.planned.plan
    names = ", ".join(refusal.packages)
    reason = f"what has no wheel is built more easily than for Python {plan.python_version}: {names}"
    return [session, *(session_on(session, version, reason) for version in plan.python_alternatives)]


def by_packages(
    sessions: list[LockSession], refusal: UnfitPythonError, refusals: dict[str, UnfitPythonError]
) -> list[LockSession]:
    """Those first that have the fewest packages to build; where only one is missing, none has fewer. What is
    wrong with each Python is put into `refusals`."""
    if len(refusal.packages) <= 1:
        return sessions
    counted = [(len(refusal.packages), sessions[0])]
    for one in sessions[1:]:
        try:
            one.wheels(briefly=False)
        except UnfitPythonError as failure:
            refusals[one.planned.plan.python_version] = failure
            if failure.packages:
                counted.append((len(failure.packages), one))
        except RegistryError:
            raise
        except OkamochiError:
            continue
    return [one for _, one in sorted(counted, key=lambda pair: pair[0])]


def built_session(
    session: LockSession,
    builder: WheelBuilder,
    hardest: set[str],
    known: tuple[str, ...] = (),
    others: Sequence[LockSession] = (),
) -> LockSession:
    """What could not be built for an earlier Python is the first to be built for this one: when it fails
    again, the others were not built for nothing; so it is with what a compiler reads. What fails here is
    added to `hardest`. `known` are needed in any case: no resolving is wanted between them. One of the
    `others` is taken where it needs no more than what was built already: behind a package without any wheel
    may stand others that only this Python lacks.
    """
    compared: tuple[Built, ...] = ()
    asked: set[str] = set()
    waiting = in_order(known, hardest, builder)
    while True:
        for specifier in waiting:
            asked.add(specifier)
            try:
                builder.build(specifier)
            except BuildError as failure:
                hardest.add(requirement_name(specifier))
                raise UnbuiltError.of(failure, specifier, session.planned.plan.python_version) from failure
        session.built = builder.built
        try:
            session.resolved = session.wheels(briefly=True)
            break
        except UnfitPythonError as failure:
            wanted = [kept for one in failure.packages if (kept := as_before(one, session)) not in asked]
            wanted = wanted or [one for one in fitting(failure, builder) if one not in asked]
            if not wanted or len(asked) >= MOST_PACKAGES:
                refuse_what_contradicts(session, builder, failure)
                raise
            waiting = in_order(wanted, hardest, builder)[:1]
            pure = of_every_python(builder)
            if pure != compared:
                compared = pure
                if (easier := needing_no_more(others, pure)) is not None:
                    return built_session(easier, builder_of(easier), hardest)
        except PlanError as failure:
            raise at_odds(failure) from failure
    used = [one for one in builder.made if one.wheel in session.resolved]
    for one in used:
        session.world.reporter.note(
            f"{one.wheel.name} {one.wheel.version} has no wheel for this image: built from its source"
        )
    return session


def fitting(failure: UnfitPythonError, builder: WheelBuilder) -> list[str]:
    """Of what was built and is said to have no wheel, the versions that others which were built ask for: the
    newest is built, where only a name is known."""
    missing = {requirement_name(one) for one in failure.packages}
    made = [one.wheel for one in builder.made if one.wheel.name in missing]
    asked = [one for built in builder.built for one in asked_by(built)] if made else []
    found = {
        f"{wheel.name}{one.specifier}": None
        for wheel in made
        for one in asked
        if canonicalize_name(one.name) == wheel.name and not one.specifier.contains(wheel.version)
    }
    return list(found)


def refuse_what_contradicts(session: LockSession, builder: WheelBuilder, failure: UnfitPythonError) -> None:
    """AtOdds where all that is said to have no wheel was built: other requirements exclude it, and the
    resolver tells of older versions, which have none. With what was built as pins it tells what is at
    odds."""
    made = {one.wheel.name: one.wheel.version for one in builder.made}
    missing = [requirement_name(one) for one in failure.packages]
    if not missing or any(name not in made for name in missing):
        return
    pinned = with_pins(session, [f"{name}=={made[name]}" for name in missing])
    pinned.built = builder.built
    try:
        pinned.wheels(briefly=True)
    except (UnfitPythonError, RegistryError):
        return
    except PlanError as conflict:
        raise at_odds(conflict) from conflict


def with_pins(session: LockSession, specifiers: Iterable[str]) -> LockSession:
    planned = session.planned
    for one in specifiers:
        pin = Correction(kind=CorrectionKind.REQUIREMENT, value=one, reason="it was built from its source")
        planned = with_correction(planned, pin)
    return LockSession.open(session.world, planned, session.platform, session.mode)


def at_odds(failure: PlanError) -> AtOdds:
    return AtOdds(failure.message, where=failure.where, hint=failure.hint, details=failure.details)


def of_every_python(builder: WheelBuilder) -> tuple[Built, ...]:
    """Of what was built, the wheels that fit any Python."""
    return tuple(one for one in builder.built if one.wheel.filename.endswith("-none-any.whl"))


def refuse_at_odds(session: LockSession, pure: tuple[Built, ...]) -> None:
    """AtOdds where the requirements contradict each other for this Python, too, with wheels that the builder
    of another one made: nothing is built to find that out once more."""
    if not pure:
        return
    session.built = pure
    try:
        session.wheels(briefly=True)
    except UnfitPythonError:
        return
    except RegistryError:
        raise
    except PlanError as failure:
        raise at_odds(failure) from failure
    finally:
        session.built = ()


def needing_no_more(sessions: Sequence[LockSession], pure: tuple[Built, ...]) -> LockSession | None:
    """The first that resolves with wheels which fit every Python."""
    for one in sessions:
        one.built = pure
        try:
            one.wheels(briefly=True)
            return one
        except OkamochiError:
            continue
        finally:
            one.built = ()
    return None


def in_order(packages: Iterable[str], hardest: set[str], builder: WheelBuilder) -> list[str]:
    """First what failed before, then what has to be compiled: where that fails, little was built in vain."""
    waiting = sorted(packages, key=lambda one: requirement_name(one) not in hardest)
    if len(waiting) < 2 or requirement_name(waiting[0]) in hardest:
        return waiting
    return sorted(waiting, key=lambda one: not builder.compiles(one))


def requirement_name(asked: str) -> str:
    requirement = parsed_specifier(asked)
    return canonicalize_name(requirement.name) if requirement is not None else asked


def as_before(asked: str, session: LockSession) -> str:
    """In the version that the old lock has, where that was built as well and is still admitted."""
    requirement = parsed_specifier(asked)
    if requirement is None:
        return asked
    old = session.old_platform.wheels if session.old_platform and session.mode is LockMode.KEEP else ()
    name = canonicalize_name(requirement.name)
    for wheel in old:
        if wheel.name == name and wheel.built_from is not None and wheel.version in requirement.specifier:
            return f"{wheel.name}=={wheel.version}"
    return asked


def builder_of(session: LockSession) -> WheelBuilder:
    plan = session.planned.plan
    target = session.target
    ground = session.suite.name
    if (image := session.image()) is not None:
        ground = f"{ground} {image.digest}"

    def shop_for(platform: Platform) -> Shop:
        if image is None:
            from okamochi.debian.workshop import Workshop

            return Workshop(session.world, session.suite, platform)
        from okamochi.workflows.from_source.image_workshop import ImageWorkshop
        from okamochi.workflows.layers.base_image import for_platform

        base = session.opened_image()
        if platform != session.platform:
            base = for_platform(session.world, image, platform, session.planned.root)
        return ImageWorkshop(session.world, base, session.suite, platform, plan.python_version)

    return WheelBuilder(session.world, session.planned.root, plan.dependencies, ground, target, shop_for)


def build_again(session: LockSession, wheels: tuple[LockedWheel, ...]) -> None:
    """Fills the cache with wheels that the lock says were built, where it lacks them.

    BuildError when the source gives another wheel now: newer compilers may do that."""
    missing = [
        wheel
        for wheel in wheels
        if wheel.built_from is not None and session.world.cache.blob(wheel.sha256) is None
    ]
    if not missing:
        return
    builder = builder_of(session)
    for wheel in missing:
        made = made_again(session, builder, wheel)
        if made.sha256 != wheel.sha256:
            raise BuildError(
                f"{wheel.name} {wheel.version}, built from its source, is not what the lock says",
                where=f"okamochi.lock, wheel {wheel.name}",
                hint="its source or the compilers changed: run 'okamochi lock --upgrade', or restore the "
                "cache that has the wheel",
                details=(f"locked sha256:{wheel.sha256}", f"built sha256:{made.sha256}"),
            )


def made_again(session: LockSession, builder: WheelBuilder, wheel: LockedWheel) -> LockedWheel:
    if not wheel.url:
        return builder.build(f"{wheel.name}=={wheel.version}", expected=wheel).wheel
    from okamochi.workflows.from_source.direct_sources import rebuilt_from_place

    return rebuilt_from_place(session, builder, wheel)
