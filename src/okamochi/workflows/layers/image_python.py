"""A Python that only an image of a registry has, where none of Debian's will do: wheels may all be there."""

from collections.abc import Iterator

from okamochi.errors import EngineError, OkamochiError, PlanError, RegistryError, UnfitPythonError
from okamochi.model.evidence import Origin
from okamochi.workflows.from_source.python_attempts import refused, session_on
from okamochi.workflows.locking.lock import LockSession

__all__ = ["on_an_image"]

OF_THE_PYTHON = ("python_version", "base.suite", "base.image")


def on_an_image(session: LockSession, failure: OkamochiError) -> LockSession | None:
    """The session of the same project on the first such Python for which everything can be had, built from
    source or not; its wheels are resolved. None where a person chose Python or base, the project admits no
    such Python, or nothing can be had for it, which `failure` is then told."""
    from okamochi.workflows.from_source.source_builds import built_from_source

    for candidate in _candidates(session, failure):
        python = candidate.planned.plan.python_version
        try:
            candidate.image()
            try:
                candidate.resolved = candidate.wheels(briefly=False)
                found = candidate
            except UnfitPythonError:
                found = built_from_source(candidate, refused(candidate))
        except EngineError:
            return None
        except OkamochiError as other:
            failure.details = (*failure.details, f"Python {python}: {other.message}")
            if isinstance(other, RegistryError) or isinstance(other.__cause__, RegistryError):
                return None
            continue
        was = session.planned.plan.python_version
        session.world.reporter.note(f"Python {python} instead of {was}: {failure.message}")
        return found
    return None


def _candidates(session: LockSession, failure: OkamochiError) -> Iterator[LockSession]:
    from okamochi.detect.packages.interpreter import pythons_of_images

    plan = session.planned.plan
    said = [one for one in plan.decisions if one.field in OF_THE_PYTHON]
    by_hand = any(one.origin not in (Origin.DETECTED, Origin.DEFAULT) for one in said)
    mendable = isinstance(failure, PlanError)
    if plan.base.kind == "image" or by_hand or not mendable:
        return
    for version in pythons_of_images(session.planned.project):
        yield session_on(session, version, failure.message)
