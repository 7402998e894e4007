"""Which wheels an image can use (PEP 425 wheel tags, PEP 600 manylinux), whatever the host is."""

from functools import lru_cache

from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from okamochi.oci.platform import Platform

__all__ = ["platforms", "rank"]

# PEP 600: the older names of three policies, which only x86_64 (and from 2014 on aarch64) ever had.
OLD_NAMES = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
FIRST_POLICY = {"amd64": 5, "arm64": 17}


@lru_cache(maxsize=8)
def _ranks(python_version: str, platform: Platform, glibc_version: str) -> dict[Tag, int]:
    major, minor = (int(part) for part in python_version.split(".")[:2])
    names = platforms(platform, glibc_version)
    interpreter = f"cp{major}{minor}"
    tags = (
        *cpython_tags((major, minor), (interpreter,), names),
        *compatible_tags((major, minor), interpreter, names),
    )
    return {tag: number for number, tag in reversed(list(enumerate(tags)))}


def platforms(platform: Platform, glibc_version: str) -> tuple[str, ...]:
    newest = int(glibc_version.split(".")[1])
    names: list[str] = []
    for minor in range(newest, FIRST_POLICY[platform.architecture] - 1, -1):
        names.append(f"manylinux_2_{minor}_{platform.machine}")
        if minor in OLD_NAMES:
            names.append(f"{OLD_NAMES[minor]}_{platform.machine}")
    return (*names, f"linux_{platform.machine}")


def rank(filename: str, python_version: str, platform: Platform, glibc_version: str) -> int | None:
    """Smaller is better; None when the image cannot use the wheel, or the name is no wheel's."""
    try:
        tags = parse_wheel_filename(filename)[3]
    except InvalidWheelFilename:
        return None
    ranks = _ranks(python_version, platform, glibc_version)
    return min((ranks[tag] for tag in tags if tag in ranks), default=None)
