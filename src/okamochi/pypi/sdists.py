"""Source distributions: found and fetched by name and version; what they ask for to be built. Nothing of them
is executed here."""

import datetime
import posixpath
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit, urlunsplit

import msgspec
from packaging.utils import canonicalize_name

from okamochi.errors import BuildError, PlanError, RegistryError
from okamochi.model.lock_check import SDIST_FILENAME
from okamochi.pypi.asked import asked_of
from okamochi.pypi.compilation import index_date
from okamochi.pypi.requirement_line import RequirementLine
from okamochi.pypi.sdist_files import HINT, check_archive, pyproject_of
from okamochi.pypi.specifiers import parsed_specifier
from okamochi.pypi.uv_errors import uv_failure
from okamochi.pypi.uv_program import UvRun, index_settings, started
from okamochi.pypi.wanted import Wanted
from okamochi.system.clock import rfc3339
from okamochi.system.data_text import toml_of
from okamochi.system.http_exchange import origin
from okamochi.system.patterns import regex
from okamochi.system.project_files import DiskProject
from okamochi.system.world import World

__all__ = [
    "SIZE_LIMIT_BYTES",
    "Sdist",
    "build_requirements",
    "checked_requirements",
    "fetch_sdist",
    "find_sdist",
    "with_credentials",
]

LOCK = "pylock.toml"
SIZE_LIMIT_BYTES = 500_000_000
# What pip takes where pyproject.toml names nothing; later ones have no pkg_resources (PEP 518).
DEFAULT_REQUIREMENTS = ("setuptools<81", "wheel")
SHA256 = regex(r"[0-9a-f]{64}")


class Sdist(msgspec.Struct, frozen=True, kw_only=True):
    """`url` is as uv tells it; credentials of the index are added when it is fetched. A source that no index
    knows lies in the cache already and has no url; `version` may then be "", for the build to tell.
    `place` is what a lock says of where it came from, `tagged` the version that its tags tell. `uploaded` is
    when (RFC 3339), "" where the index does not tell."""

    name: str
    version: str
    filename: str
    sha256: str
    url: str = ""
    place: str = ""
    tagged: str = ""
    uploaded: str = ""

    @property
    def what(self) -> str:
        """Name and version, for people."""
        return f"{self.name} {self.version}".rstrip()


def find_sdist(world: World, specifier: str, wanted: Wanted) -> Sdist:
    """The sdist of the newest version that `specifier` ("name==1.0") and the Python admit.

    PlanError when there is none; RegistryError when the index tells no digest of it, or one that is not among
    those that the project lists."""
    name = name_of(specifier)
    dependencies, target = wanted.dependencies, wanted.target
    indexes = index_settings(wanted.root, dependencies)
    with started(world, indexes) as uv:
        uv.without_dependencies(name)
        (uv.folder / "sdist.in").write_text(specifier + "\n", encoding="utf-8")
        completed = uv.run(
            "pip", "compile", "sdist.in", "--no-deps", "--no-binary", name, "--format", LOCK, "--no-header",
            "--output-file", LOCK, "--quiet", "--no-sources",
            *index_date(dependencies.exclude_newer, (), dependencies.moved), *target.arguments,
        )  # fmt: skip
        if completed.returncode != 0:
            raise uv_failure(
                completed, lines=(), doing=f"looking for the source of {name}", offline=world.offline
            )
        sdist = sdist_of(uv, specifier)
    asked = asked_of(
        DiskProject.open(wanted.root),
        dependencies,
        python_version=target.python_version,
        machine=target.platform.machine,
    )
    return admitted(sdist, asked.lines)


def admitted(sdist: Sdist, lines: Sequence[RequirementLine]) -> Sdist:
    """RegistryError for a source whose digest is not among those that the project's requirement files or its
    lock list: it is not run."""
    asked = [line for line in lines if canonicalize_name(line.name) == sdist.name and line.hashes]
    allowed = {digest for line in asked for digest in line.hashes}
    if allowed and f"sha256:{sdist.sha256}" not in allowed:
        raise RegistryError(
            f"{sdist.name} {sdist.version} is to be built, but the digest of its source is not listed",
            where=asked[0].where,
            hint="write it, too (lock again), or take a version that ships wheels",
            details=(f"{sdist.filename}: sha256:{sdist.sha256}",),
        )
    return sdist


def name_of(specifier: str) -> str:
    asked = parsed_specifier(specifier)
    if asked is None:
        raise PlanError(f"{specifier!r} is no requirement", hint=HINT)
    if asked.url:
        raise PlanError(f"{asked.name} is asked for by an address", hint="ask for it by name and version")
    return canonicalize_name(asked.name)


def sdist_of(uv: UvRun, specifier: str) -> Sdist:
    try:
        (package,) = toml_of((uv.folder / LOCK).read_text("utf-8"))["packages"]
        found = package["sdist"]
        address = str(found.get("url") or found["path"])
        filename = str(found.get("name") or posixpath.basename(unquote(urlsplit(address).path)))
        name, version = canonicalize_name(str(package["name"])), str(package["version"])
        sha256 = str(found.get("hashes", {}).get("sha256", ""))
        uploaded = found.get("upload-time")
    except (OSError, ValueError, KeyError) as problem:
        raise PlanError(f"{specifier} has no source distribution", hint=HINT) from problem
    if SHA256.fullmatch(sha256) is None or SDIST_FILENAME.fullmatch(filename) is None:
        raise RegistryError(
            f"the index tells no sha256 of the source of {name} {version}",
            where=filename[:200],
            hint="okamochi builds only what it can check: use an index that gives digests",
        )
    url = address if "://" in address else (uv.folder / address).resolve().as_uri()
    return Sdist(
        name=name,
        version=version,
        filename=filename,
        sha256=sha256,
        url=with_credentials(url, uv.environ),
        uploaded=rfc3339(uploaded) if isinstance(uploaded, datetime.datetime) and uploaded.tzinfo else "",
    )


def with_credentials(url: str, environ: dict[str, str]) -> str:
    """With the user and password of the index on the same server, if its address has them: never to another
    port, nor without TLS where the index has it."""
    parts = urlsplit(url)
    listed = " ".join(environ.get(name, "") for name in ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL"))
    for address in listed.split():
        index = urlsplit(address)
        if index.username and same_server(address, url) and "@" not in parts.netloc:
            user, _, _ = index.netloc.rpartition("@")
            return urlunsplit(parts._replace(netloc=f"{user}@{parts.netloc}"))
    return url


def same_server(one: str, other: str) -> bool:
    try:
        return origin(one) == origin(other)
    except ValueError:  # a port that is none
        return False


def fetch_sdist(world: World, sdist: Sdist) -> Path:
    """From the cache, or downloaded into it and checked against the digest."""

    def write(stream: BinaryIO) -> None:
        if not sdist.url:
            raise BuildError(
                f"the source of {sdist.name} vanished from the cache",
                where=sdist.filename,
                hint="build again",
            )
        world.transport.download(sdist.url, stream, limit_bytes=SIZE_LIMIT_BYTES)

    return world.cache.put_stream(write, sha256=sdist.sha256)[2]


def build_requirements(path: Path, filename: str) -> tuple[str, ...]:
    """What pyproject.toml says that building needs; pip's default where it says nothing.

    BuildError for what is damaged, too large, leads out of its folder, or is no requirement."""
    check_archive(path, filename)
    content = pyproject_of(path, filename)
    try:
        table = toml_of(content.decode("utf-8")) if content else {}
        listed = table.get("build-system", {}).get("requires", list(DEFAULT_REQUIREMENTS))
        return checked_requirements(listed, filename)
    except (ValueError, AttributeError) as problem:
        raise BuildError(
            f"its pyproject.toml cannot be read: {problem}", where=filename, hint=HINT
        ) from problem


def checked_requirements(listed: object, where: str) -> tuple[str, ...]:
    """Plain requirements, by name: nothing that uv could take for an option or an address."""
    found = listed if isinstance(listed, list | tuple) else [None]
    result: list[str] = []
    for one in found:
        asked = parsed_specifier(one) if isinstance(one, str) and "\n" not in one else None
        if asked is None or asked.url:
            raise BuildError(f"it asks for {str(one)[:100]!a} to be built", where=where, hint=HINT)
        result.append(str(asked))
    return tuple(result)
