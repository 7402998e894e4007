"""okamochi.lock: base packages and wheels by digest, so that a build needs no resolution.

JSON, sorted, one entry a line when written (`lock_codec`); it names no mirror and no index: where to fetch is
the host's affair, what to accept is the lock's. What its fields may hold: `lock_check`.
"""

from typing import Literal

import msgspec

from okamochi.model.correction import Correction
from okamochi.model.native import NativePackage

__all__ = ["BuiltFrom", "Lock", "LockedDeb", "LockedImage", "LockedPlatform", "LockedWheel"]


class LockedDeb(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """`filename` is the path in the archive's pool; `archive` says which: "debian" or "debian-security"."""

    name: str
    version: str
    architecture: str
    archive: str
    filename: str
    size_bytes: int
    sha256: str


class BuiltFrom(msgspec.Struct, frozen=True, kw_only=True, order=True, omit_defaults=True):
    """The source distribution, by file name and digest, that a wheel was built from because the index has no
    wheel that fits. `packages` are Debian's that its build turned out to need beside a compiler."""

    filename: str
    sha256: str
    packages: tuple[str, ...] = ()

    def is_source(self, filename: str, sha256: str) -> bool:
        return (self.filename, self.sha256) == (filename, sha256)


class LockedWheel(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """`name` is normalized (PEP 503). `url` is set only for direct references (PEP 508 `name @ url`) that the
    project itself wrote, git's with the commit; index wheels have none. Wheels of an index are found by name,
    version and sha256; one with `built_from` is on no index, and its sha256 is what building it again must
    give."""

    name: str
    version: str
    filename: str
    sha256: str
    url: str = ""
    built_from: BuiltFrom | None = None


class LockedImage(msgspec.Struct, frozen=True, kw_only=True):
    """A base image. `name` is the plan's; `digest` is of what the name stood for (an index, mostly),
    `manifest` of the image of one platform. Which server has it is the host's affair."""

    name: str
    digest: str
    manifest: str


class LockedPlatform(msgspec.Struct, frozen=True, kw_only=True):
    """Debs sorted by name, wheels sorted by name. `native` says which of the debs are there for libraries,
    programs and fonts that wheels or the app's own code need, and where that shows; an entry without a name
    are needs that are told, not met. `image` is set when the base is an image."""

    platform: str
    image: LockedImage | None = None
    debs: tuple[LockedDeb, ...]
    wheels: tuple[LockedWheel, ...]
    native: tuple[NativePackage, ...] = ()


class Lock(msgspec.Struct, frozen=True, kw_only=True):
    """`base_inputs` and `wheel_inputs` are sha256 digests over what each half of the resolution was asked for
    (Python, suite, base packages; Python, requirements and their files' content): where one differs from the
    plan's, that half of the lock is stale.
    `corrections` are what the proof of the entry point taught about the plan whose digest is
    `corrected_plan`; the two digests above are those of the plan with them.
    `snapshot` is the instant of the archive's state (its newest Release's Date, RFC 3339 in UTC), so that a
    package that a moving mirror no longer has can be found in the snapshot archive."""

    version: Literal[1] = 1
    base_inputs: str
    wheel_inputs: str
    python_version: str
    suite: str
    snapshot: str
    corrected_plan: str = ""
    corrections: tuple[Correction, ...] = ()
    platforms: tuple[LockedPlatform, ...]
