"""Packages that are source of the project itself, as wheels: made at each build, never locked."""

from okamochi.build.git_tags import tagged_version
from okamochi.errors import PlanError
from okamochi.model.lock import LockedWheel
from okamochi.model.plan import LocalPackage
from okamochi.pypi.built_wheel import Built
from okamochi.pypi.direct_references import is_archive, wheel_name
from okamochi.pypi.manifests.package_facts import read_package
from okamochi.pypi.own_wheel import NO_VERSION, own_wheel
from okamochi.pypi.sdists import SIZE_LIMIT_BYTES, Sdist
from okamochi.workflows.from_source.packed_source import packed_folder
from okamochi.workflows.from_source.source_builds import builder_of
from okamochi.workflows.from_source.wheel_builder import WheelBuilder
from okamochi.workflows.locking.lock import LockSession

__all__ = ["local_wheels"]


def local_wheels(session: LockSession) -> tuple[Built, ...]:
    """One for each of the plan's local packages, in its order; all lie in the cache."""
    builder = builder_of(session)
    return tuple(wheel_of(session, builder, one) for one in session.planned.plan.dependencies.local)


def wheel_of(session: LockSession, builder: WheelBuilder, package: LocalPackage) -> Built:
    if wheel_name(package.path):
        return shipped(session, package)
    if is_archive(package.path):
        return builder.built_of(archived(session, package))
    facts = read_package(session.planned.project, package.path)
    if facts is None or facts.normalized != package.name:
        raise changed(package)
    version = tagged(session, package) if facts.from_tags else facts.version
    if package.editable:
        return own_wheel(session.world, facts, package.path, version=version)
    stem = f"{package.name}-{version or NO_VERSION}"
    folder = session.planned.root / package.path
    sdist = Sdist(
        name=package.name,
        version=version,
        filename=f"{stem}.tar.gz",
        sha256=packed_folder(session.world, folder, stem, where=package.path),
        # what takes its version from tags has to be told one: the folder that is built has no history
        tagged=version if facts.from_tags else "",
    )
    return builder.built_of(sdist)


def tagged(session: LockSession, package: LocalPackage) -> str:
    """What the checkout's tags say; a download without history, or a shallow clone, has none."""
    found = tagged_version(session.planned.root / package.path)
    if not found:
        session.world.reporter.warn(
            f"{package.name} takes its version from git's tags, and none is here: {NO_VERSION} is taken; "
            "git fetch --unshallow --tags brings them"
        )
    return found or NO_VERSION


def shipped(session: LockSession, package: LocalPackage) -> Built:
    """A wheel that lies in the project."""
    sha256 = content_of(session, package)
    filename = package.path.rpartition("/")[2]
    version = filename.split("-")[1]
    path = session.world.cache.blob(sha256)
    assert path is not None  # it was just put there
    return Built(LockedWheel(name=package.name, version=version, filename=filename, sha256=sha256), path)


def archived(session: LockSession, package: LocalPackage) -> Sdist:
    filename = package.path.rpartition("/")[2]
    return Sdist(name=package.name, version="", filename=filename, sha256=content_of(session, package))


def content_of(session: LockSession, package: LocalPackage) -> str:
    content = session.planned.project.read_bytes(package.path, limit_bytes=SIZE_LIMIT_BYTES)
    if content is None:
        raise changed(package)
    return session.world.cache.put_bytes(content)


def changed(package: LocalPackage) -> PlanError:
    return PlanError(
        f"{package.path or 'the project'} is no package {package.name} any more",
        where=package.path or "pyproject.toml",
        hint="it changed while it was read: build again",
    )
