"""How far this machine lets us isolate an app without an engine: found by trying, strongest first."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from okamochi.run.host import launcher
from okamochi.system.process import Runner

__all__ = ["Isolation", "best_isolation", "launcher_argv", "substituted"]

ALWAYS_MISSING = ("the network is the host's own", "memory is limited for each process, not for all together")
WITHOUT_ROOT_FILES = (
    "no root file system of its own: the app sees the host's files",
    "nothing is read-only but by file permissions",
    "no processes of its own: the app sees the host's",
)


@dataclass(frozen=True)
class Isolation:
    """`namespaces` is what the launcher is told; empty: none, the image's Python runs by its own loader.
    Without `own_programs` not even that: a virtual environment by uv stands in for the image's."""

    namespaces: tuple[tuple[str, bool], ...]
    missing: tuple[str, ...]
    own_programs: bool = True

    @property
    def rooted(self) -> bool:
        return bool(self.namespaces)


def substituted() -> Isolation:
    """Where the image's programs cannot run: another system than Linux, or another machine."""
    missing = (
        "the image's own programs cannot run here: a CPython of the same minor version and uv stand in",
        "native libraries are this machine's, not the image's",
        *(("the app runs as root, as okamochi does",) if os.geteuid() == 0 else ()),
        *WITHOUT_ROOT_FILES,
        "the network is the host's own",
        "memory is limited for each process, and on Linux only",
    )
    return Isolation((), missing, own_programs=False)


def best_isolation(runner: Runner, folder: Path) -> Isolation:
    """The strongest that works; `folder` is for the probe's own files."""
    if sys.platform != "linux":
        return substituted()
    root = folder / "root"
    for name in ("proc", "dev", "tmp"):
        (root / name).mkdir(parents=True, exist_ok=True)
    is_root = os.geteuid() == 0
    for user in (False, True) if is_root else (True,):
        for pid in (True, False):
            namespaces = {"user": user, "pid": pid}
            if probed(runner, folder, root, namespaces):
                return Isolation(tuple(namespaces.items()), missing_with(namespaces))
    without_root = ("the app runs as root: this machine allows root no other way",) if is_root else ()
    return Isolation((), (*without_root, *WITHOUT_ROOT_FILES, *ALWAYS_MISSING))


def missing_with(namespaces: Mapping[str, bool]) -> tuple[str, ...]:
    missing = list(ALWAYS_MISSING)
    if not namespaces["pid"]:
        missing.insert(0, "no processes of its own: the app sees the host's")
    if namespaces["user"]:
        missing.insert(0, "the number of processes is not limited")
    return tuple(missing)


def probed(runner: Runner, folder: Path, root: Path, namespaces: Mapping[str, bool]) -> bool:
    description = {
        "namespaces": namespaces,
        "root": str(root),
        "argv": [],
        "env": {},
        "cwd": "/",
        "uid": 10001,
        "gid": 10001,
        "switch_user": os.geteuid() == 0 and not namespaces["user"],
        "tmp_bytes": 1 << 20,
        "binds": [],
        "limits": [],
        "cores": 1,
    }
    path = folder / "probe.json"
    path.write_text(json.dumps(description))
    return runner.run(launcher_argv("probe", path), timeout_seconds=30).ok


def launcher_argv(verb: str, description: Path) -> tuple[str, ...]:
    return (sys.executable, "-I", "-S", str(launcher.__file__), verb, str(description))
