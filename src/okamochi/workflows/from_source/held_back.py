"""Requirements that wheels alone hold back at an old version: what newer ones lack is built from source."""

from okamochi.errors import OkamochiError, PlanError, TransientRegistryError
from okamochi.model.lock import LockedWheel
from okamochi.pypi.held_back import HeldBack, held_back
from okamochi.workflows.locking.lock import LockSession

__all__ = ["newest_wheels"]

MOST_ROUNDS = 5


def newest_wheels(session: LockSession) -> tuple[LockedWheel, ...]:
    """The session's wheels. Where a requirement would be newer if a package without a wheel were built, that
    is built; where it does not build, the older version stays, with a warning."""
    wheels = session.wheels()
    if session.resolved is None and session.locked_wheels is not None:
        return wheels
    tried: set[str] = set()
    for _ in range(MOST_ROUNDS):
        held = [one for one in held_in(session, wheels) if not tried.issuperset(one.sources)]
        tried.update(source for one in held for source in one.sources)
        together: dict[tuple[str, ...], list[HeldBack]] = {}
        for one in held:
            together.setdefault(one.sources, []).append(one)
        outcomes = [built_for(session, group) for group in together.values()]
        if not any(outcomes):
            break
        session.resolved = None
        wheels = session.wheels(briefly=True)
    return wheels


def held_in(session: LockSession, wheels: tuple[LockedWheel, ...]) -> tuple[HeldBack, ...]:
    return held_back(session.world, session.wanted_with_built(), wheels, preferred=session.kept)


def built_for(session: LockSession, group: list[HeldBack]) -> bool:
    """Whether what these lack, all the same, could be built; the wheels then count in this session."""
    from okamochi.workflows.from_source.source_builds import builder_of

    sources = group[0].sources
    try:
        require_compilers(session)
        builder = builder_of(session)
        for source in sources:
            builder.build(source)
    except TransientRegistryError:
        raise  # another time it would be another version
    except OkamochiError as failure:
        for one in group:
            session.world.reporter.warn(told(one, failure))
        return False
    session.built = tuple({made.wheel: made for made in (*session.built, *builder.built)}.values())
    gained = "; ".join(f"{one.name} is {one.newest} with it and {one.found} without" for one in group)
    session.world.reporter.note(
        f"{listed(sources)} has no wheel for this image: built from its source, since {gained}"
    )
    return True


def require_compilers(session: LockSession) -> None:
    if session.planned.plan.base.kind == "image" and session.opened_image().suite is None:
        raise PlanError(
            "a package has to be compiled, and the base image is of no Debian suite with known compilers",
            where="base.image",
            hint="choose a Debian variant, such as python:3.13-slim, or a version of the package with wheels",
        )


def told(one: HeldBack, failure: OkamochiError) -> str:
    return (
        f"{one.name} is {one.found}, not {one.newest}: that needs {listed(one.sources)}, which has no wheel "
        f"for this image and could not be built ({failure.message}). Write the version of {one.name} that "
        f"you want ({one.where or 'other requirements bring it along'}), or build the wheel yourself "
        "(pip wheel --no-deps NAME==VERSION -w wheels) and write --find-links wheels into the requirements"
    )


def listed(sources: tuple[str, ...]) -> str:
    return ", ".join(source.replace("==", " ") for source in sources)
