"""`okamochi render --adopt`: what is there side by side with the plan; what is sound becomes settings."""

import json
from dataclasses import dataclass
from pathlib import Path

from okamochi.detect.adoption import adopted_settings, adoption_of
from okamochi.detect.adoption_rows import Row
from okamochi.errors import UsageError
from okamochi.model.settings_reader import OWN_FILE, read_settings
from okamochi.system.files import write_atomic
from okamochi.system.world import World
from okamochi.workflows.native_memory import as_locked
from okamochi.workflows.plan import plan_project

__all__ = ["Adopted", "adopt"]


@dataclass(frozen=True)
class Adopted:
    """`settings` is the text for okamochi.toml ("" when nothing is to be taken over), written where `path`
    is set; where settings exist already it is for the user to merge."""

    rows: tuple[Row, ...]
    settings: str
    path: str = ""


def adopt(folder: Path, world: World, *, write: bool) -> Adopted:
    """UsageError when there is neither a Dockerfile nor a compose file of the project's own."""
    planned = plan_project(folder, world)
    plan = as_locked(planned)
    rows = adoption_of(planned.project, plan)
    if not rows:
        raise UsageError(
            "there is no Dockerfile and no compose file to adopt",
            where=str(folder),
            hint="okamochi render all writes the plan's own",
        )
    text = settings_text(adopted_settings(rows, plan))
    own = folder / OWN_FILE
    if not text or not write or own.exists() or read_settings(planned.project).path:
        return Adopted(rows, text)
    write_atomic(own, text.encode())
    return Adopted(rows, text, OWN_FILE)


def settings_text(settings: dict[str, tuple[object, tuple[str, ...]]]) -> str:
    lines = []
    for key, (value, places) in sorted(settings.items(), key=lambda pair: pair[0] == "env"):
        lines.append(f"# {', '.join(places)}")
        if isinstance(value, dict):
            lines.append(f"[{key}]")
            lines += [f"{name} = {toml(one)}" for name, one in value.items()]
        else:
            lines.append(f"{key} = {toml(value)}")
    return (
        "# Taken over by okamochi render --adopt from the files named.\n" + "\n".join(lines) + "\n"
        if lines
        else ""
    )


def toml(value: object) -> str:
    """Strings, numbers and lists are written in TOML as in JSON."""
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
