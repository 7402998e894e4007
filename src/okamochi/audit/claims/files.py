"""That nothing of the image can be changed, and that nothing is there which only an intruder uses."""

from okamochi.audit.claim import Claim, Judged, failed, held, judged, untried
from okamochi.model.observation import Observation
from okamochi.model.plan import Plan
from okamochi.model.sizes import MEBIBYTE
from okamochi.system.words import some_of

__all__ = ["FILES", "READ_ONLY_FOLDERS"]

READ_ONLY_FOLDERS = ("/", "/app", "/opt/venv", "/opt/okamochi", "/etc", "/usr/lib", "/var")
UNSEEN = untried("no file could be looked at")
REFUSED = ("EROFS", "EACCES", "EPERM", "ENOENT")


def read_only_root(seen: Observation, plan: Plan) -> Judged:
    tried = [one for one in seen.inside.attempts if one.path in READ_ONLY_FOLDERS]
    made = [one.path for one in tried if one.error not in REFUSED]
    if not tried:
        return untried("no file was tried")
    if made:
        return failed(f"a file could be made in {', '.join(made)}")
    read_only = [one.path for one in tried if one.error == "EROFS"]
    if not read_only and seen.engine == "host":
        return untried("the files belong to somebody else, but the file system may be written")
    return judged(bool(read_only), f"making a file failed in {', '.join(one.path for one in tried)}")


def folders(seen: Observation, plan: Plan) -> Judged:
    """What the plan says that the app writes."""
    wanted = ("/tmp", *(one.path for one in plan.volumes), *(one.path for one in plan.temporary_folders))
    tried = {one.path: one.error for one in seen.inside.attempts}
    failing = [f"{path} ({tried[path]})" for path in wanted if tried.get(path)]
    if failing:
        return failed(f"nothing could be made in {', '.join(failing)}")
    return held(f"a file could be made in {', '.join(wanted)}")


def temporary(seen: Observation, plan: Plan) -> Judged:
    size = seen.inside.temporary_bytes
    if not size:
        return (
            untried("/tmp is no file system of its own")
            if seen.engine == "host"
            else failed("/tmp is no file system of its own")
        )
    return held(f"/tmp holds {size // MEBIBYTE} MiB at the most")


def programs(seen: Observation, plan: Plan) -> Judged:
    """Not promised of an image that others made."""
    found = seen.inside.programs
    if found and plan.base.kind == "image":
        return untried(f"the base is {plan.base.image or 'an image of others'}, which has {shown(found)}")
    if found and plan.base.packages:
        return untried(f"packages that were asked for bring {shown(found)}")
    return judged(
        not found, f"found: {shown(found)}" if found else "no shell, package manager, downloader or compiler"
    )


def privileged(seen: Observation, plan: Plan) -> Judged:
    found = seen.inside.privileged
    if found and plan.base.kind == "image":
        return untried(f"the base has {shown(found)}; no-new-privileges makes the bits count for nothing")
    if not found and not seen.inside.files:
        return UNSEEN
    return judged(not found, f"found: {shown(found)}" if found else f"none among {seen.inside.files:,} files")


def owned(seen: Observation, plan: Plan) -> Judged:
    found = seen.inside.writable
    if not found and not seen.inside.files:
        return UNSEEN
    return judged(
        not found, f"the app may change {shown(found)}" if found else f"none of {seen.inside.files:,} files"
    )


def unchanged(seen: Observation, plan: Plan) -> Judged:
    changed = seen.outside.changed
    if changed is None:
        return untried("the engine does not tell what was written")
    return judged(not changed, f"changed: {shown(changed)}" if changed else "nothing of the image differs")


def shown(paths: tuple[str, ...]) -> str:
    return some_of(paths, 5)


FILES = (
    Claim("read-only-root", "Nothing of the image can be written", read_only_root),
    Claim("writable-folders", "The folders that the app writes can be written", folders),
    Claim("temporary-files", "Temporary files are limited, and gone with the container", temporary),
    Claim("programs", "There is no shell and nothing that fetches or builds", programs),
    Claim("special-bits", "No file gives its user's rights away", privileged),
    Claim("code-is-roots", "No file of the image belongs to the app, or may be changed by it", owned),
    Claim("unchanged", "After all this, the container is still its image", unchanged),
)
