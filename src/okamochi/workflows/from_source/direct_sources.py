"""Requirements whose place holds source: git addresses, archives, folders of the project. Each becomes a
wheel before the others are resolved."""

import posixpath
from collections.abc import Iterator, Mapping
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from okamochi.errors import BuildError, PlanError
from okamochi.model.lock import LockedWheel
from okamochi.pypi.built_wheel import Built
from okamochi.pypi.direct_references import is_archive, is_built_here, is_git
from okamochi.pypi.direct_urls import without_credentials
from okamochi.pypi.locks.environment import applies, image_environment
from okamochi.pypi.requirement_line import RequirementLine, expanded, requirement_of
from okamochi.pypi.sdists import SIZE_LIMIT_BYTES, Sdist
from okamochi.pypi.specifiers import parsed_specifier
from okamochi.pypi.uv_program import read_project_indexes
from okamochi.workflows.from_source.git_checkouts import git_checkout, git_source
from okamochi.workflows.from_source.wheel_builder import WheelBuilder
from okamochi.workflows.locking.lock import LockSession

__all__ = ["direct_wheels", "rebuilt_from_place"]


def direct_wheels(session: LockSession, builder: WheelBuilder) -> Mapping[str, Built]:
    """By the line's specifier. Folders of the project are among them; those that stay where they are bring
    only their metadata."""
    local = {one.wheel.name: one for one in session.local()}
    found: dict[str, Built] = {}
    for line in asked_lines(session):
        if line.place.startswith("file:"):
            if line.name in local:
                found[line.specifier] = local[line.name]
        elif is_built_here(line.place):
            found[line.specifier] = builder.built_of(source_of(session, line))
    return found


def asked_lines(session: LockSession) -> Iterator[RequirementLine]:
    """Those that have a place and a marker that holds in the image."""
    plan = session.planned.plan
    indexes = read_project_indexes(
        session.planned.root,
        plan.dependencies,
        python_version=plan.python_version,
        machine=session.platform.machine,
    )
    environment = image_environment(plan.python_version, session.platform.machine)
    inline = (requirement_of(one, path="pyproject.toml") for one in plan.dependencies.inline)
    for line in (*indexes.requirements.lines, *inline):
        if line.place and applies(marker_of(line), environment):
            yield line


def marker_of(line: RequirementLine) -> str:
    asked = parsed_specifier(line.specifier)
    return str(asked.marker) if asked is not None and asked.marker is not None else ""


def source_of(session: LockSession, line: RequirementLine) -> Sdist:
    """The source at a line's place, in the cache. RegistryError when it cannot be fetched."""
    if is_git(line.place):
        return of_git(session, line.place, line.name, line.where)
    return of_archive(session, line)


def of_git(session: LockSession, place: str, name: str, where: str) -> Sdist:
    source = git_source(place, where)
    checkout = git_checkout(session.world, source, stem=name, where=where)
    return Sdist(
        name=name,
        version="",
        filename=f"{name}-{checkout.commit[:12]}.tar.gz",
        sha256=checkout.sha256,
        place=source.at(checkout.commit),
        tagged=checkout.version,
    )


def of_archive(session: LockSession, line: RequirementLine) -> Sdist:
    """PlanError when it is not what the line's hash allows."""
    url = expanded(line.place.partition("#")[0], session.world.environ)
    name = canonicalize_name(line.name)

    def write(stream: BinaryIO) -> None:
        session.world.transport.download(url, stream, limit_bytes=SIZE_LIMIT_BYTES)

    with session.world.reporter.step(f"Dependencies: fetching the source of {name}"):
        sha256 = session.world.cache.put_stream(write)[0]
    if line.hashes and f"sha256:{sha256}" not in line.hashes:
        raise PlanError(
            f"the archive of {name} is not the one that the requirement file allows",
            where=line.where,
            hint="if it is meant to change, write its new --hash; else find out who replaced it",
            details=(f"sha256:{sha256}",),
        )
    ending = archive_ending(url)
    return Sdist(
        name=name,
        version="",
        filename=f"{name}-{sha256[:12]}{ending}",
        sha256=sha256,
        place=without_credentials(line.place.partition("#")[0]),
    )


def archive_ending(url: str) -> str:
    name = posixpath.basename(unquote(urlsplit(url).path)).lower()
    endings = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip")
    return next((ending for ending in endings if name.endswith(ending)), ".tar.gz")


def rebuilt_from_place(session: LockSession, builder: WheelBuilder, wheel: LockedWheel) -> LockedWheel:
    """The wheel that the source at the lock's address gives now. BuildError when the source is another one,
    or no requirement of the project names that place."""
    for line in asked_lines(session):
        if line.name != wheel.name or not is_built_here(line.place):
            continue
        if is_git(line.place):
            own, locked = git_source(line.place, line.where), git_source(wheel.url, line.where)
            if own.at("") != locked.at(""):
                continue
            address, _, inside = line.place.partition("#")
            bare = address.removesuffix(f"@{own.reference}") if own.reference != "HEAD" else address
            place = f"{bare}@{locked.reference}" + (f"#{inside}" if inside else "")
            sdist = of_git(session, place, wheel.name, line.where)
        elif is_archive(line.place):
            sdist = of_archive(session, line)
        else:
            continue
        if wheel.built_from is None or sdist.sha256 != wheel.built_from.sha256:
            break
        return builder.build_source(sdist).wheel
    raise BuildError(
        f"the source of {wheel.name} {wheel.version} is not what the lock says",
        where=f"okamochi.lock, wheel {wheel.name}",
        hint="find out why it was replaced; to take it over, run 'okamochi lock --upgrade'",
        details=(wheel.url,),
    )
