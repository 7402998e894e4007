"""What a new okamochi.lock changes, in lines for people."""

from collections.abc import Sequence

from okamochi.model.lock import Lock, LockedDeb, LockedPlatform, LockedWheel

__all__ = ["lock_changes"]


def lock_changes(old: Lock | None, new: Lock) -> tuple[str, ...]:
    """One line for each package that came, went or moved, by platform: "wheel flask 3.1.2 -> 3.1.3"."""
    lines: list[str] = []
    before = {locked.platform: locked for locked in old.platforms} if old else {}
    for locked in new.platforms:
        known = before.get(locked.platform)
        lines += image_moves(locked, known)
        lines += moves("deb", locked.platform, known.debs if known else (), locked.debs)
        lines += moves("wheel", locked.platform, known.wheels if known else (), locked.wheels)
    return tuple(lines)


def image_moves(locked: LockedPlatform, known: LockedPlatform | None) -> list[str]:
    before = known.image if known is not None else None
    if locked.image is None or before == locked.image:
        return []
    moved = f"{before.manifest} -> " if before is not None else "+ "
    return [f"{locked.platform} image {locked.image.name} {moved}{locked.image.manifest}"]


def moves(
    kind: str, platform: str, old: Sequence[LockedDeb | LockedWheel], new: Sequence[LockedDeb | LockedWheel]
) -> list[str]:
    was = {item.name: item for item in old}
    now = {item.name: item for item in new}
    lines = []
    for name in sorted(was.keys() | now.keys()):
        before, after = was.get(name), now.get(name)
        if before == after:
            continue
        if before and after:
            what = f"{before.version} -> {after.version}"
            what = f"{after.version} (same version, other file)" if before.version == after.version else what
        else:
            what = f"+ {after.version}" if after else f"- {before.version if before else ''}"
        lines.append(f"{platform} {kind} {name} {what}")
    return lines
