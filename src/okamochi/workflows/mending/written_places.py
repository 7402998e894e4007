"""The place that a path which the app writes gets: a volume, a folder in memory, or a link into a volume."""

import posixpath
import re
from typing import TYPE_CHECKING

from okamochi.model.correction import Correction, CorrectionKind
from okamochi.model.plan import APP_ROOT, VENV_ROOT, Plan
from okamochi.system.patterns import regex

if TYPE_CHECKING:
    from okamochi.workflows.plan import PlannedProject

__all__ = ["KEPT", "is_writable", "written_folder"]

KEPT = regex(r"data|db|sqlite|upload|media|instance|store|storage|files|backup", re.IGNORECASE)
"""Names of what has to outlive the container."""


def written_folder(
    path: str, place: str, planned: "PlannedProject", seen: str = "the proof saw"
) -> Correction | None:
    """Of a path that was to be written: its folder, or the file alone when that holds code; None when it may
    be written anyway."""
    plan = planned.plan
    path = posixpath.normpath(path) + "/" * path.endswith("/")
    folder = path.rstrip("/") if path.endswith("/") else posixpath.dirname(path)
    who = place.removeprefix(f"{APP_ROOT}/") or "a library"
    reason = f"{seen} {who} write {path}"
    if f"{folder}/".startswith(f"{home_of(plan)}/.") and not is_volume(folder, plan):
        return Correction.of(CorrectionKind.VOLUME, folder, reason)
    if is_writable(folder, plan):
        return None
    if path.endswith("/") and f"{folder}/".startswith(f"{VENV_ROOT}/lib/"):
        # a package makes a folder beside its own code when it is imported; what it writes there is no data
        return Correction.of(CorrectionKind.TEMPORARY_FOLDER, folder, reason)
    if not f"{folder}/".startswith(f"{APP_ROOT}/"):
        return None
    if folder == APP_ROOT or holds("**/*.py", folder, planned):
        if path.endswith("/") or any(one.path == path for one in plan.moved_files):
            return None
        return Correction.of(CorrectionKind.MOVED_FILE, path, reason)
    # a folder in memory would hide what the project has there; a new volume starts with it
    kept = KEPT.search(path) is not None or holds("*", folder, planned)
    kind = CorrectionKind.VOLUME if kept else CorrectionKind.TEMPORARY_FOLDER
    return Correction.of(kind, folder, reason)


def holds(pattern: str, folder: str, planned: "PlannedProject") -> bool:
    relative = folder.removeprefix(f"{APP_ROOT}/")
    return planned.project.is_dir(relative) and bool(planned.project.files(pattern, within=relative))


def home_of(plan: Plan) -> str:
    """Its folder is in memory: a database in ~/.config would be lost with the container."""
    return dict(plan.image_environment).get("HOME", "/tmp").rstrip("/")


def is_volume(folder: str, plan: Plan) -> bool:
    return any(f"{folder}/".startswith(f"{one.path}/") for one in plan.volumes)


def is_writable(folder: str, plan: Plan) -> bool:
    return is_volume(folder, plan) or any(
        f"{folder}/".startswith(f"{one.path}/") for one in plan.temporary_folders
    )
