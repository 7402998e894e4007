"""What the host engine keeps of containers: how each was started, how it goes, what it said, its volumes."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from okamochi.errors import EngineError
from okamochi.run.host.launcher import is_running, start_time, stat_fields
from okamochi.run.spec import RunSpec
from okamochi.system.cache_owner import remove_tree
from okamochi.system.tables import table_of

__all__ = ["Records", "belongs_to", "gone", "is_alive", "keeper_done", "read_json", "read_spec", "read_text"]

POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Records:
    """`root` holds, for each app, `host/<container>` and `volumes/<volume>`."""

    root: Path

    def folder(self, spec: RunSpec) -> Path:
        return self.root / spec.app / "host" / spec.name

    def volume_folder(self, app: str, volume: str) -> Path:
        return self.root / app / "volumes" / volume

    def make_folder(self, spec: RunSpec) -> Path:
        """The container's; EngineError where none can be made."""
        folder = self.folder(spec)
        try:
            for path in (self.root / spec.app, folder, self.root / spec.app / "volumes"):
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise EngineError(
                f"the state folder cannot be used: {error.strerror}",
                where=str(folder),
                hint="set OKAMOCHI_STATE_DIR to a folder that you may write",
            ) from error
        return folder

    def find(self, name: str) -> Path | None:
        """The folder of a container; None when there is none."""
        folders = self.root.glob("*/host/*")
        return next((folder for folder in folders if folder.name == name and has_spec(folder)), None)

    def must_find(self, name: str) -> Path:
        folder = self.find(name)
        if folder is None:
            raise EngineError(
                f"there is no container {name}", where="host", hint="start it: okamochi up --engine host"
            )
        return folder

    def folders(self, app: str) -> Iterator[Path]:
        """Those of one app's containers."""
        return (folder for folder in self.root.glob(f"{app}/host/*") if has_spec(folder))

    def containers(self, app: str = "") -> Iterator[str]:
        """Names, those of one app or of all."""
        return (folder.name for folder in self.root.glob(f"{app or '*'}/host/*"))

    def volumes(self, app: str) -> tuple[str, ...]:
        return tuple(sorted(folder.name for folder in (self.root / app / "volumes").glob("*")))

    def remove_volumes(self, app: str) -> tuple[str, ...]:
        names = self.volumes(app)
        for name in names:
            remove_tree(self.volume_folder(app, name))
        return tuple(name for name in names if not self.volume_folder(app, name).exists())


def has_spec(folder: Path) -> bool:
    return (folder / "spec.json").is_file()


def read_spec(folder: Path) -> RunSpec:
    try:
        return msgspec.json.decode((folder / "spec.json").read_bytes(), type=RunSpec)
    except (OSError, msgspec.MsgspecError) as error:
        raise EngineError(
            "the record of a running app is damaged",
            where=str(folder),
            hint="end its processes and remove this folder, then start it again",
        ) from error


def read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return table_of(found)


def read_text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def is_alive(status: dict[str, Any]) -> bool:
    """Whether the app's own process, and no other that got its number, is there and no zombie."""
    process = int(status["pid"])
    return start_time(process) == status["started"] and is_running(process)


def belongs_to(process: int, leader: int) -> bool:
    """Whether it is the app's own process, of its group, or a descendant of it."""
    with suppress(OSError):
        if os.getpgid(process) == leader:
            return True
    seen: set[int] = set()
    while process > 1 and process not in seen:
        if process == leader:
            return True
        seen.add(process)
        fields = stat_fields(process)
        process = int(fields[1]) if len(fields) > 1 else 0
    return False


def gone(status: dict[str, Any], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while is_alive(status):
        if time.monotonic() > end:
            return False
        time.sleep(POLL_SECONDS)
    return True


def keeper_done(path: Path) -> None:
    """Its keeper writes how the app ended; removing the folder before would lose a race with it."""
    end = time.monotonic() + 2
    while path.exists() and "exit_code" not in read_json(path) and time.monotonic() < end:
        if not start_time(int(read_json(path).get("keeper", 0))):
            return
        time.sleep(POLL_SECONDS)
