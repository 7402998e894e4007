"""Fetching wheels by uv, all in one run, and telling their files apart."""

import sys
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from okamochi.errors import BuildError, RegistryError
from okamochi.model.lock import LockedWheel
from okamochi.model.plan import Dependencies
from okamochi.pypi.built_wheel import Built
from okamochi.pypi.direct_urls import own_address
from okamochi.pypi.requirement_line import RequirementLine, expanded, requirement_of
from okamochi.pypi.target import Target
from okamochi.pypi.unpacked import Prefix, Unpacked, open_prefix, shares, write_tree
from okamochi.pypi.uv_errors import uv_failure
from okamochi.pypi.uv_program import UvRun, read_project_indexes, started
from okamochi.system.world import World

__all__ = ["fetch"]

Keep = Callable[[LockedWheel, Callable[[Path], None]], None]


def fetch(
    world: World,
    wheels: tuple[LockedWheel, ...],
    keep: Keep,
    *,
    target: Target,
    project_root: Path | None,
    dependencies: Dependencies,
    offered: tuple[Built, ...] = (),
) -> None:
    """Calls `keep` for each wheel with the function that writes its tree into an empty folder."""
    indexes = read_project_indexes(project_root, dependencies)

    def keep_share(prefix: Prefix, share: Unpacked) -> None:
        def make(folder: Path) -> None:
            version = target.python_version
            write_tree(folder, prefix, share, python_version=version, host_interpreter=sys.executable)

        keep(share.wheel, make)

    inline = (requirement_of(specifier, path="pyproject.toml") for specifier in dependencies.inline)
    asked = (*indexes.requirements.lines, *inline)
    addresses = {wheel: own_address(wheel, asked) for wheel in wheels if wheel.url and not wheel.built_from}
    given = {one.wheel: one for one in (*_built(world, wheels), *offered) if one.wheel in wheels}
    built = tuple(given.values())
    with started(world, indexes, offered=built) as uv:
        addresses |= {one.wheel: (uv.folder / "offered" / one.wheel.filename).as_uri() for one in built}
        _unpack(Installer(uv, target.arguments, addresses), wheels, keep_share)


def _built(world: World, wheels: tuple[LockedWheel, ...]) -> tuple[Built, ...]:
    """Those that were built from source, which the workflow above has put into the cache."""
    wanted = (wheel for wheel in wheels if wheel.built_from is not None)
    return tuple(
        Built(wheel, path) for wheel in wanted if (path := world.cache.blob(wheel.sha256)) is not None
    )


@dataclass(frozen=True)
class Installer:
    """`addresses` are of the wheels that have one, as the project writes them."""

    uv: UvRun
    target: tuple[str, ...]
    addresses: Mapping[LockedWheel, str]


def _unpack(
    installer: Installer, wheels: tuple[LockedWheel, ...], keep: Callable[[Prefix, Unpacked], None]
) -> None:
    """All at once; one by one where RECORD files do not tell the wheels' files apart."""
    prefix = _installed(installer, wheels)
    found = shares(prefix, wheels)
    if not _told_apart(prefix, found):
        for wheel in wheels:
            alone = _installed(installer, (wheel,))
            whole = Unpacked(wheel, shares(alone, (wheel,))[0].dist_info, alone.files)
            keep(alone, whole)
        return
    for share in found:
        keep(prefix, share)


def _told_apart(prefix: Prefix, found: tuple[Unpacked, ...]) -> bool:
    """Whether each file belongs to exactly one wheel, also where the file system knows no case."""
    claims = Counter(path for share in found for path in share.paths)
    folded = Counter(unicodedata.normalize("NFC", path).casefold() for path in claims)
    unclaimed = {path for path in prefix.files - claims.keys() if "/__pycache__/" not in path}
    return not unclaimed and all(n == 1 for n in (*claims.values(), *folded.values()))


def _installed(installer: Installer, wheels: tuple[LockedWheel, ...]) -> Prefix:
    uv, target = installer.uv, installer.target
    folder = Path(tempfile.mkdtemp(prefix="install-", dir=uv.folder))
    listed = folder / "locked.txt"
    lines = (_line(wheel, installer.addresses.get(wheel, ""), uv.world.environ) for wheel in wheels)
    listed.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    listed.chmod(0o600)
    prefix = folder / "prefix"
    completed = uv.run(
        "pip", "install", "--prefix", str(prefix), "--no-deps", "--require-hashes", "-r", str(listed), *target
    )  # fmt: skip
    if completed.returncode == 0:
        return open_prefix(prefix)
    if uv.world.offline:
        raise _missing_offline(wheels)
    asked = tuple(
        RequirementLine(path="okamochi.lock", line=0, name=wheel.name, specifier=_line(wheel, wheel.url, {}))
        for wheel in wheels
    )
    raise uv_failure(completed, lines=asked, doing="fetching the locked wheels", offline=False)


def _line(wheel: LockedWheel, address: str, environ: Mapping[str, str]) -> str:
    """The wheel as a line of a requirement file. BuildError for what would be more than one requirement: uv
    must never read an option that a lock or an index made up."""
    direct = (wheel.name, "@", expanded(address, environ))
    asked = direct if address else (f"{wheel.name}=={wheel.version}",)
    words = (*asked, f"--hash=sha256:{wheel.sha256}")
    if not all(map(_is_word, words)):
        raise BuildError(
            "what the lock says of a wheel is more than a name, a version, an address and a digest",
            where=f"okamochi.lock, wheel {wheel.name[:100]!a}",
            hint="restore okamochi.lock from version control; otherwise the package index is hostile",
        )
    return " ".join(words)


def _is_word(text: str) -> bool:
    return text.isprintable() and not any(character.isspace() for character in text)


def _missing_offline(wheels: tuple[LockedWheel, ...]) -> RegistryError:
    return RegistryError(
        f"{len(wheels)} wheels are not in the cache, and the network is not to be used",
        where="okamochi.lock",
        hint="build once without --offline, or give the cache folder that such a build filled",
        details=tuple(f"{wheel.filename} (sha256:{wheel.sha256})" for wheel in wheels),
    )
