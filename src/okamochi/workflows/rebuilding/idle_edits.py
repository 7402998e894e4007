"""What planning would say of a project after edits of statements that no decision rests on: the same, on
other lines (see okamochi.detect.source.idle)."""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from okamochi.detect.source.gist import SIZE_LIMIT_BYTES, gist_digest, gist_of, python_text
from okamochi.detect.source.idle import IdleEdit, idle_edit
from okamochi.errors import OkamochiError
from okamochi.oci.tar_reader import file_in_tar
from okamochi.system.project_files import DiskProject
from okamochi.workflows.rebuilding.remembered import BuiltImage

__all__ = ["with_idle_edit", "with_moved_lines"]

MOST_FILES = 400
"""That are searched for a name."""


def with_idle_edit(root: Path, built: BuiltImage, path: str, after: str) -> BuiltImage | None:
    """The last build, its plan and what planning saw as they are after the edit of a module, of which `after`
    is what planning would see now; its image is still the last one. None when the edit may be more than idle,
    or what the module was is not known."""
    gists = built.rebuild["gists"]
    source = source_of(built, path)
    if source is None or gist_digest(before := gist_of(python_text(source))) != gists[path]:
        return None
    # both sides of an edit mostly have the same name
    is_used = lru_cache(maxsize=None)(lambda name: has_name(root, built, name, but=path))
    edit = idle_edit(before, after, is_used)
    moved = with_moved_lines(built.plan_json, path, edit) if edit is not None else None
    if moved is None:
        return None
    rebuild = {**built.rebuild, "gists": {**gists, path: gist_digest(after)}}
    return msgspec.structs.replace(built, plan_json=moved, rebuild=rebuild)


def source_of(built: BuiltImage, path: str) -> bytes | None:
    """The file as it is in the last image."""
    for layer in built.image.layers[built.rebuild["below"] :]:
        try:
            found = file_in_tar(b"".join(layer.uncompressed()), f"app/{path}")
        except (OSError, OkamochiError):
            return None
        if found is not None:
            return found
    return None


def has_name(root: Path, built: BuiltImage, name: str, *, but: str) -> bool:
    """Whether another file that planning looked into has the name, or there are too many to ask."""
    project, word = DiskProject(root), re.compile(rb"\b" + name.encode() + rb"\b")
    others = {*built.rebuild["gists"], *built.rebuild["read"]} - {but}
    return len(others) > MOST_FILES or any(
        content is None or word.search(content) for content in contents_of(project, sorted(others))
    )


def contents_of(project: DiskProject, paths: list[str]) -> Iterator[bytes | None]:
    """None for one that cannot be read, whether it is there or was only looked for."""
    for path in paths:
        content = project.read_bytes(path, limit_bytes=SIZE_LIMIT_BYTES)
        if content is not None or project.exists(path):
            yield content


def with_moved_lines(plan_json: bytes, path: str, edit: IdleEdit) -> bytes | None:
    """The plan with its evidence where it is now; None when some of it was among the edited lines."""
    plan = msgspec.json.decode(plan_json)
    place = re.compile(rf"(?<![\w/.-]){re.escape(path)}:(\d+)\b")
    for decision in plan["decisions"]:
        decision["summary"] = place.sub(lambda found: moved(found, path, edit), decision["summary"])
        for one in decision.get("evidence", ()):
            one["reason"] = place.sub(lambda found: moved(found, path, edit), one["reason"])
            line = one.get("line", 0) if one["path"] == path else 0
            if edit.start <= line < edit.end:
                return None
            if line >= edit.end:
                one["line"] = line + edit.by
    return written(plan) if edit.by else plan_json


def moved(place: re.Match[str], path: str, edit: IdleEdit) -> str:
    line = int(place[1])
    return f"{path}:{line + edit.by if line >= edit.end else line}"


def written(plan: dict[str, Any]) -> bytes:
    """As `plan_to_json` writes it."""
    return msgspec.json.format(msgspec.json.encode(plan), indent=2) + b"\n"
