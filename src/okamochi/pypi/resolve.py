"""From what a project asks for to exactly the wheels that its image will hold."""

import posixpath
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from packaging.utils import canonicalize_name

from okamochi.errors import BuildError, OkamochiError, PlanError, RegistryError
from okamochi.model.lock import LockedWheel
from okamochi.model.plan import Dependencies
from okamochi.oci.platform import Platform
from okamochi.pypi.requirements import RequirementLine, Requirements, expanded, requirement_of
from okamochi.pypi.uv_errors import Explained, no_wheel_for, uv_failure
from okamochi.pypi.uv_program import ProjectIndexes, UvRun, read_project_indexes, started, target_arguments
from okamochi.pypi.wheel_tags import most_specific_tag, rank
from okamochi.system.world import World

__all__ = ["resolve_wheels"]

ADDED = "added by okamochi"
INLINE = "pyproject.toml"
REMEDIES = {"psycopg2": "psycopg2-binary, or psycopg[binary]", "uwsgi": "gunicorn (okamochi adds it)"}


@dataclass(frozen=True, slots=True)
class _Target:
    python_version: str
    platform: Platform
    glibc_version: str

    @property
    def arguments(self) -> tuple[str, ...]:
        return target_arguments(self.python_version, self.platform, self.glibc_version)

    @property
    def title(self) -> str:
        return most_specific_tag(self.python_version, self.platform, self.glibc_version)

    def rank(self, filename: str) -> int | None:
        return rank(
            filename,
            python_version=self.python_version,
            platform=self.platform,
            glibc_version=self.glibc_version,
        )


def resolve_wheels(
    world: World,
    *,
    project_root: Path,
    dependencies: Dependencies,
    python_version: str,
    platform: Platform,
    glibc_version: str,
    preferred: tuple[LockedWheel, ...] = (),
) -> tuple[LockedWheel, ...]:
    """The wheels for the image's platform and Python ("3.13"), sorted by name; each with its digest.

    Versions in `preferred` (an older lock's) are kept where the requirements still allow them; without it,
    indexes are asked anew and the newest versions win. Markers are evaluated for the image, never for the
    host. PlanError when nothing satisfies the requirements or a package has no wheel for the image,
    RegistryError when an index refuses or lies, TransientRegistryError when none can be reached.
    """
    indexes = read_project_indexes(project_root, dependencies)
    target = _Target(python_version, platform, glibc_version)
    lines = _all_lines(indexes.requirements, dependencies)
    if not lines:
        return ()
    tied = dependencies.inline if indexes.sources.sources else ()
    with started(world, indexes, dependencies=tied) as uv:
        text = _compiled(uv, indexes, lines, target, preferred)
    wheels = tuple(
        _locked(package, indexes.requirements.lines, target) for package in text.get("packages", ())
    )
    return tuple(sorted(wheels))


def _all_lines(requirements: Requirements, dependencies: Dependencies) -> tuple[RequirementLine, ...]:
    inline = (requirement_of(specifier, path=INLINE) for specifier in dependencies.inline)
    added = (requirement_of(specifier, path=ADDED) for specifier in dependencies.added)
    return (*requirements.lines, *inline, *added)


def _compiled(
    uv: UvRun,
    indexes: ProjectIndexes,
    lines: tuple[RequirementLine, ...],
    target: _Target,
    preferred: tuple[LockedWheel, ...],
) -> Mapping[str, Any]:
    environ = uv.world.environ
    requirements = indexes.requirements
    # Packages tied to an index of theirs stand in pyproject.toml, the only place where uv knows such ties.
    elsewhere = [line for line in lines if line.path != INLINE or not indexes.sources.sources]
    _write(uv.folder / "requirements.in", elsewhere, environ)
    _write(uv.folder / "constraints.txt", requirements.constraints, environ)
    lock = uv.folder / "pylock.toml"
    lock.write_text(_preferences(preferred, target.python_version), encoding="utf-8")
    options = ("--prerelease", "allow") if requirements.indexes.prereleases else ()
    sources = ("pyproject.toml",) if indexes.sources.sources else ()
    arguments = ("pip", "compile", "requirements.in", *sources, "--constraints", "constraints.txt")
    output = ("--format", "pylock.toml", "--output-file", lock.name, "--no-header", "--quiet", *options)
    asked_anew = () if preferred or uv.world.offline else ("--upgrade",)
    completed = uv.run(*arguments, *output, *asked_anew, *target.arguments)
    if completed.returncode != 0:
        raise _failure(uv, Explained(completed), lines, target) or uv_failure(
            completed,
            lines=(*lines, *requirements.constraints),
            doing="resolving the requirements",
            offline=uv.world.offline,
        )
    try:
        return tomllib.loads(lock.read_text("utf-8"))
    except (OSError, ValueError) as problem:
        raise BuildError(
            f"uv wrote no lock that can be read: {problem}", hint="check the version of uv (uv --version)"
        ) from problem


def _write(path: Path, lines: Sequence[RequirementLine], environ: Mapping[str, str]) -> None:
    text = "".join(f"{expanded(line.specifier, environ)}\n" for line in lines)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)


def _preferences(preferred: tuple[LockedWheel, ...], python_version: str) -> str:
    """The older lock as uv reads it: an existing output file whose versions it keeps where it can."""
    head = f'lock-version = "1.0"\ncreated-by = "okamochi"\nrequires-python = ">={python_version}"\n'
    return head + "".join(
        f'\n[[packages]]\nname = "{wheel.name}"\nversion = "{wheel.version}"\n' for wheel in preferred
    )


def _failure(
    uv: UvRun, explained: Explained, lines: tuple[RequirementLine, ...], target: _Target
) -> OkamochiError | None:
    """The error for a package that is published without a wheel for the image; None when that is not it."""
    name, version = no_wheel_for(explained)
    if not name or uv.world.offline:
        return None
    asking = next((line for line in lines if line.name == canonicalize_name(name)), None)
    asking = asking or explained.mentioned(lines)
    nearest = _nearest(uv, name, version, target)
    remedy = REMEDIES.get(canonicalize_name(name), "")
    advice = f"ask for {name}=={nearest}" if nearest else "take a package that ships wheels"
    if remedy:
        advice = f"ask for {remedy} instead"
    return PlanError(
        f"{_title(name, version, asking)} has no wheel for this image ({target.title})",
        where=asking.where if asking else "",
        hint=f"{advice}, or build the wheel yourself and name its folder with --find-links in the "
        "requirement file: this version of okamochi builds nothing from source",
        details=explained.causes,
    )


def _title(name: str, version: str, asking: RequirementLine | None) -> str:
    title = f"{name} {version}".strip()
    through = asking is not None and asking.name != canonicalize_name(name)
    return f"{title}, needed by {asking.name}," if asking is not None and through else title


def _nearest(uv: UvRun, name: str, version: str, target: _Target) -> str:
    """The lowest version from `version` on that has a wheel, else the newest; "" when there is none."""
    for specifier, strategy in ((f"{name}>={version}", "lowest-direct"), (name, "highest")):
        if not version and strategy == "lowest-direct":
            continue
        (uv.folder / "nearest.in").write_text(specifier + "\n", encoding="utf-8")
        completed = uv.run(
            "pip", "compile", "nearest.in", "--no-deps", "--no-header", "--no-annotate", "--quiet",
            "--resolution", strategy, *target.arguments,
        )  # fmt: skip
        found = completed.stdout.decode("utf-8", "replace").strip().rpartition("==")[2]
        if completed.returncode == 0 and found:
            return found.split()[0]
    return ""


def _locked(package: Mapping[str, Any], lines: tuple[RequirementLine, ...], target: _Target) -> LockedWheel:
    name, version = canonicalize_name(str(package["name"])), str(package.get("version", ""))
    asked = [line for line in lines if line.name == name]
    allowed = {digest for line in asked for digest in line.hashes}
    candidates = [
        (place, filename, digests, url)
        for filename, digests, url in _files(package)
        if (place := target.rank(filename)) is not None
    ]
    if not candidates:
        raise PlanError(
            f"{name} {version} has no wheel for this image ({target.title})",
            where=asked[0].where if asked else "",
            hint="ask for a version that ships one; this version of okamochi builds nothing from source",
        )
    admitted = [found for found in candidates if not allowed or _admitted(found[2], allowed)]
    if not admitted:
        raise RegistryError(
            f"the index has {name} {version} with another digest than the requirement file allows",
            where=asked[0].where,
            hint="if the file is meant to change, write its new --hash; otherwise find out who replaced it",
            details=tuple(f"{found[1]}: sha256:{found[2].get('sha256', '?')}" for found in candidates),
        )
    _, filename, digests, url = min(admitted, key=lambda found: (found[0], found[1]))
    if "sha256" not in digests:
        raise RegistryError(
            f"the index tells no sha256 of {filename}",
            where=asked[0].where if asked else name,
            hint="okamochi locks wheels by sha256: use an index that gives it, or a --find-links folder",
        )
    direct = "archive" in package
    return LockedWheel(
        name=name,
        version=version or filename.split("-")[1],
        filename=filename,
        sha256=digests["sha256"],
        url=_without_credentials(url) if direct else "",
    )


def _files(package: Mapping[str, Any]) -> list[tuple[str, Mapping[str, str], str]]:
    """(file name, digests by algorithm, address) of each wheel that uv names for a package."""
    listed = [*package.get("wheels", ()), *([package["archive"]] if "archive" in package else [])]
    result: list[tuple[str, Mapping[str, str], str]] = []
    for entry in listed:
        address = str(entry.get("url") or entry.get("path") or "")
        filename = str(entry.get("name") or posixpath.basename(unquote(urlsplit(address).path)))
        result.append((filename, entry.get("hashes", {}), address))
    return result


def _admitted(digests: Mapping[str, str], allowed: set[str]) -> bool:
    return any(f"{algorithm}:{digest}" in allowed for algorithm, digest in digests.items())


def _without_credentials(url: str) -> str:
    """A lock is committed and shared: user and password of an address stay out; .netrc can supply them."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))
