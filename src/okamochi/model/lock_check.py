"""What a lock may say. It comes with a project, so it is hostile until checked: its fields become file names,
addresses, and lines that other programs read."""

import datetime
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from urllib.parse import unquote, urlsplit

from okamochi.errors import UsageError
from okamochi.model.correction import is_sound
from okamochi.model.local_base import local_base
from okamochi.model.lock import BuiltFrom, Lock, LockedDeb, LockedImage, LockedPlatform, LockedWheel
from okamochi.model.native import NativePackage
from okamochi.oci.platform import Platform
from okamochi.oci.reference import Reference
from okamochi.system.patterns import regex

__all__ = ["SDIST_FILENAME", "is_base_name", "lock_problems"]

Check = Callable[[str], bool]

MOST_CORRECTIONS = 50
SIZE_LIMIT_BYTES = 4_000_000_000
LENGTH_LIMIT = 2_000
DIGEST = regex(r"[0-9a-f]{64}")
OCI_DIGEST = regex(r"sha256:[0-9a-f]{64}")
VERSION = regex(r"[A-Za-z0-9.+!~:_-]+")
WHEEL_NAME = regex(r"[a-z0-9]+(?:-[a-z0-9]+)*")
WHEEL_FILENAME = regex(r"[A-Za-z0-9._+!-]+\.whl")
SDIST_FILENAME = regex(r"[A-Za-z0-9][A-Za-z0-9._+!-]*\.(?:tar\.gz|tgz|tar\.bz2|tar\.xz|zip)")
DEB_NAME = regex(r"[a-z0-9][a-z0-9+.-]+")
DEB_FILENAME = regex(r"pool/[A-Za-z0-9+._~%:/-]+")
ARCHIVES = frozenset({"debian", "debian-security"})
ARCHITECTURES = frozenset({"all", "amd64", "arm64"})
SUITE = regex(r"[a-z][a-z0-9-]*")
NATIVE_NAME = regex(r"[\w.+*-]{1,200}")
MOST_NEEDS = 200
PYTHON_VERSION = regex(r"3\.[0-9]{1,3}")
INSTANT = regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
ARCHIVES_OF_SOURCE = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip")
GIT_ADDRESS = regex(r"git\+(?:https?|ssh|file|git)://[!-~]+@[0-9a-f]{40}(?:#subdirectory=[A-Za-z0-9._/-]+)?")
ADDRESS = regex(r"(?:https?|file)://[!-~]+")


def lock_problems(lock: Lock) -> tuple[str, ...]:
    """All that no lock of okamochi's says, each with its entry; nothing when the lock may be trusted."""
    return (
        *wrong("", lock, HEAD_CHECKS),
        *correction_problems(lock),
        *repeated("platform", (one.platform for one in lock.platforms)),
        *(problem for one in lock.platforms for problem in platform_problems(one)),
    )


def correction_problems(lock: Lock) -> Iterator[str]:
    if len(lock.corrections) > MOST_CORRECTIONS:
        yield f"{len(lock.corrections)} corrections are more than okamochi makes"
    for correction in lock.corrections:
        if not is_sound(correction):
            yield f"correction {shown(correction.kind)} cannot be {shown(correction.value)}"


def platform_problems(locked: LockedPlatform) -> Iterator[str]:
    place = shown(locked.platform)
    if not is_platform(locked.platform):
        yield f"{place}: okamochi builds no images for this platform"
    if locked.image is not None:
        yield from wrong(f"{place}: image", locked.image, IMAGE_CHECKS)
    for deb in locked.debs:
        yield from wrong(f"{place}: deb {shown(deb.name)}", deb, DEB_CHECKS)
        if not 0 <= deb.size_bytes <= SIZE_LIMIT_BYTES:
            yield f"{place}: deb {shown(deb.name)}: size_bytes cannot be {deb.size_bytes}"
    for wheel in locked.wheels:
        found = tuple(wrong(f"{place}: wheel {shown(wheel.name)}", wheel, WHEEL_CHECKS))
        yield from found or wheel_problems(f"{place}: wheel {shown(wheel.name)}", wheel)
    for package in locked.native:
        yield from native_problems(f"{place}: native {shown(package.name)}", package)
    yield from repeated(f"{place}: native", (package.name for package in locked.native))
    yield from repeated(f"{place}: deb", (deb.name for deb in locked.debs))
    yield from repeated(f"{place}: wheel", (wheel.name for wheel in locked.wheels))


def wheel_problems(place: str, wheel: LockedWheel) -> Iterator[str]:
    """The file, and the address if there is one, are of this wheel in this version."""
    if not names_wheel(wheel.filename, wheel):
        yield f"{place}: {shown(wheel.filename)} is no wheel of {wheel.name} {wheel.version}"
    if wheel.url and wheel.built_from is None and filename_of(wheel.url) != wheel.filename:
        yield f"{place}: url is not that of {wheel.filename}: {shown(wheel.url)}"
    if wheel.built_from is None:
        if wheel.url and not urlsplit(wheel.url).path.endswith(".whl"):
            yield f"{place}: url is of no wheel: {shown(wheel.url)}"
        return
    if wheel.url and is_address(wheel.url) and urlsplit(wheel.url).path.endswith(".whl"):
        yield f"{place}: a wheel that was built from source has no url of a wheel"
    yield from wrong(f"{place}: built_from", wheel.built_from, SDIST_CHECKS)
    for package in wheel.built_from.packages:
        if DEB_NAME.fullmatch(package) is None:
            yield f"{place}: built_from: a package cannot be {shown(package)}"


def native_problems(place: str, package: NativePackage) -> Iterator[str]:
    if package.name and DEB_NAME.fullmatch(package.name) is None:
        yield f"{place}: name cannot be {shown(package.name)}"
    if len(package.needs) > MOST_NEEDS:
        yield f"{place}: {len(package.needs)} needs are more than okamochi writes"
    for need in package.needs:
        texts = (need.path, need.wheel, need.reason)
        if not all(text.isprintable() and len(text) <= LENGTH_LIMIT for text in texts) or need.line < 0:
            yield f"{place}: a need says what okamochi never writes"
        if not need.names or not all(NATIVE_NAME.fullmatch(name) for name in need.names):
            yield f"{place}: {need.kind} cannot be {shown(' '.join(need.names))}"


def names_wheel(filename: str, wheel: LockedWheel) -> bool:
    # a build in which nothing changed reads no lock, and others import packaging anyway
    from packaging.utils import parse_wheel_filename
    from packaging.version import Version

    try:
        name, version, _, _ = parse_wheel_filename(filename)
        return (name, version) == (wheel.name, Version(wheel.version))
    except ValueError:
        return False


def filename_of(url: str) -> str:
    return unquote(urlsplit(url).path).rpartition("/")[2]


def is_address(text: str) -> bool:
    """A lock's address is of a wheel, or of the source that one was built from: an archive, a git repository
    at a commit. Nothing follows it that a program could take for an option."""
    if not text or GIT_ADDRESS.fullmatch(text) is not None:
        return True
    if ADDRESS.fullmatch(text) is None:
        return False
    try:
        return urlsplit(text).path.endswith((".whl", *ARCHIVES_OF_SOURCE))
    except ValueError:
        return False


def is_pool_path(text: str) -> bool:
    if DEB_FILENAME.fullmatch(text) is None:
        return False
    return not {"", ".", ".."} & {*text.split("/"), *unquote(text).split("/")}


def is_instant(text: str) -> bool:
    try:
        datetime.datetime.fromisoformat(text)
    except ValueError:
        return False
    return INSTANT.fullmatch(text) is not None


def is_platform(text: str) -> bool:
    try:
        return str(Platform.parse(text)) == text
    except UsageError:
        return False


def is_base_name(text: str) -> bool:
    """Of a registry's image, or of one of this machine."""
    if text.startswith("layout:") and not text.isprintable():
        return False
    return local_base(text) is not None or is_reference(text)


def is_reference(text: str) -> bool:
    try:
        Reference.parse(text)
    except UsageError:
        return False
    return True


def matching(pattern: re.Pattern[str]) -> Check:
    return lambda text: pattern.fullmatch(text) is not None


HEAD_CHECKS: tuple[tuple[str, Check], ...] = (
    ("base_inputs", matching(DIGEST)),
    ("wheel_inputs", matching(DIGEST)),
    ("python_version", matching(PYTHON_VERSION)),
    ("suite", matching(SUITE)),
    ("snapshot", is_instant),
    ("corrected_plan", lambda text: not text or DIGEST.fullmatch(text) is not None),
)
DEB_CHECKS: tuple[tuple[str, Check], ...] = (
    ("name", matching(DEB_NAME)),
    ("version", matching(VERSION)),
    ("architecture", ARCHITECTURES.__contains__),
    ("archive", ARCHIVES.__contains__),
    ("filename", is_pool_path),
    ("sha256", matching(DIGEST)),
)
WHEEL_CHECKS: tuple[tuple[str, Check], ...] = (
    ("name", matching(WHEEL_NAME)),
    ("version", matching(VERSION)),
    ("filename", matching(WHEEL_FILENAME)),
    ("sha256", matching(DIGEST)),
    ("url", is_address),
)
IMAGE_CHECKS: tuple[tuple[str, Check], ...] = (
    ("name", is_base_name),
    ("digest", matching(OCI_DIGEST)),
    ("manifest", matching(OCI_DIGEST)),
)
SDIST_CHECKS: tuple[tuple[str, Check], ...] = (
    ("filename", matching(SDIST_FILENAME)),
    ("sha256", matching(DIGEST)),
)


def wrong(
    place: str,
    entry: Lock | LockedDeb | LockedImage | LockedWheel | BuiltFrom,
    checks: Sequence[tuple[str, Check]],
) -> Iterator[str]:
    for field, check in checks:
        text = getattr(entry, field)
        if len(text) > LENGTH_LIMIT or not check(text):
            yield f"{place}{': ' if place else ''}{field} cannot be {shown(text)}"


def repeated(what: str, names: Iterable[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{what} {shown(name)} is listed {count} times"


def shown(text: str) -> str:
    """On one line of ASCII, so that nothing in a lock can draw on a terminal."""
    return ascii(text if len(text) <= 100 else text[:100] + "...")
