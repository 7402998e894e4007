"""The content of key files: from a path of this machine that an environment file gives, or from the file of
the project that the code opens."""

import json
from collections.abc import Container, Mapping
from pathlib import Path

from okamochi.errors import UsageError
from okamochi.model.plan import APP_ROOT, Plan
from okamochi.system.project_files import DiskProject
from okamochi.system.world import World

__all__ = ["key_values"]

LIMIT_BYTES = 100_000
MOST_CHARACTERS = 4000
BEGIN = "-----BEGIN "
OF_KEYS = frozenset({"private_key", "client_secret", "refresh_token", "client_email", "installed", "web"})


def key_values(
    plan: Plan,
    given: Mapping[str, str],
    project: Path,
    env_file: Path | None,
    world: World,
    *,
    in_image: bool = True,
) -> dict[str, str]:
    """By the variable's name. UsageError for a variable of key files whose value names no file, and for a
    file that would be in the image, where that has source (`in_image`). A value of another name is a key
    file, too, where it names one: in a container its path leads nowhere."""
    folders = tuple(dict.fromkeys((*((env_file.parent,) if env_file else ()), project)))
    found: dict[str, str] = {}
    places: dict[str, Path] = {}
    for name, value in sorted(given.items()):
        known = name in plan.key_names
        place = file_at(value, folders)
        content = value if known and is_key(value) else text_of(place)
        if known and value and not content.strip():
            raise names_no_file(name, env_file)
        if not known and not is_key(content):
            continue
        if not known:
            world.reporter.note(f"{name}: names a key file of this machine, and is given as a secret file")
        if value:
            found[name] = content
            places |= {name: place} if place is not None else {}
    if in_image:
        refuse_in_the_image(plan, places, project)
    return {**of_the_project(plan, found, project, world), **found}


def of_the_project(plan: Plan, found: Container[str], project: Path, world: World) -> dict[str, str]:
    """Of files that the code opens by a path of its own, and that lie there."""
    missing = {one.name: one.path.removeprefix(f"{APP_ROOT}/") for one in plan.secret_files}
    texts: dict[str, str] = {}
    for name, path in missing.items():
        content = own_text(project, path) if name not in found else ""
        if content:
            world.reporter.note(f"{name}: from {path} of the project, which the code opens")
            texts[name] = content
    return texts


def refuse_in_the_image(plan: Plan, places: Mapping[str, Path], project: Path) -> None:
    """UsageError for a file of the project that the patterns let into the image."""
    from okamochi.detect.files.left_out import left_out

    is_out = left_out(plan.source.exclude)
    root = project.resolve()
    for name, place in places.items():
        inside = place.relative_to(root).as_posix() if place.is_relative_to(root) else ""
        if inside and not is_out(inside):
            raise UsageError(
                f"{inside}, the key file of {name}, would be in the image, for everybody who has that",
                where=name,
                hint=f'keep it out: name it in .gitignore, or exclude = ["/{inside}"] in [tool.okamochi]',
            )


def names_no_file(name: str, env_file: Path | None) -> UsageError:
    return UsageError(
        f"{name} names no file of this machine that can be read",
        where=str(env_file or "environment"),
        hint=f"write the path of the key file, a text of at most {LIMIT_BYTES // 1000} kB; a relative one "
        "counts from the folder of the environment file. The container gets it as a secret",
    )


def is_key(text: str) -> bool:
    """A private key, or the JSON of an account."""
    if text.lstrip().startswith(BEGIN):
        return True
    if not text.lstrip().startswith("{"):
        return False
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(parsed, dict) and not OF_KEYS.isdisjoint(parsed)


def file_at(value: str, folders: tuple[Path, ...]) -> Path | None:
    """The file that a value names, resolved; None when it names none."""
    if not value or "\0" in value or "\n" in value or len(value) > MOST_CHARACTERS:
        return None
    for folder in folders:
        try:
            place = (folder / Path(value).expanduser()).resolve()
            if place.is_file():
                return place
        except (OSError, ValueError, RuntimeError):
            continue
    return None


def text_of(place: Path | None) -> str:
    """ "" of what is too large, no text or not ours to read."""
    try:
        if place is None or place.stat().st_size > LIMIT_BYTES:
            return ""
        return place.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def own_text(project: Path, path: str) -> str:
    content = DiskProject.open(project).read_bytes(path, limit_bytes=LIMIT_BYTES)
    try:
        return (content or b"").decode("utf-8").strip()
    except UnicodeDecodeError:
        return ""
