"""One command in a root folder of our own making: no network, no other user's processes, nothing to write but
the folders that it is given. For code that nobody has read: the build scripts of packages."""

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from okamochi.run.engine import NotIsolated
from okamochi.run.host.isolation import Apart, Isolation, launcher_argv, probed_isolation
from okamochi.run.host.jail import Bind, in_own_root
from okamochi.run.host.unrooted import unrooted
from okamochi.system.files import write_atomic
from okamochi.system.process import Completed, Runner
from okamochi.system.subprocess_runner import SubprocessRunner

__all__ = ["Limits", "isolated", "machines_way"]

# Of its own, so that the limit on processes counts nobody else's.
BUILD_USER = 10002


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Memory and file size are of each process; `processes` counts only where okamochi is root, and
    `folder_bytes` what the folders that may be written hold together."""

    memory_bytes: int = 3 * 2**30
    file_bytes: int = 2 * 2**30
    folder_bytes: int = 8 * 2**30
    processes: int = 256
    tmp_bytes: int = 512 * 2**20
    timeout_seconds: float = 600


def isolated(
    runner: Runner,
    root: Path,
    argv: tuple[str, ...],
    *,
    environment: Mapping[str, str],
    binds: tuple[Bind, ...],
    cwd: str = "/",
    stdin: bytes = b"",
    merge_stderr: bool = True,
    limits: Limits | None = None,
) -> Completed:
    """`binds` are (folder outside, place inside, whether it may be written); the places are in `root`, or
    below /tmp, which is empty.

    Folders that may be written are given to the user who runs the command. NotIsolated when this machine
    offers nothing to keep it in, its processes too: what the command leaves running could otherwise go on.
    BuildError when it writes more than the limits allow."""
    limits = limits or Limits()
    with tempfile.TemporaryDirectory(prefix="okamochi-isolated-") as folder, ExitStack() as held:
        way = machines_way().of_builds
        for outside, _, writable in binds:
            give(outside, writable and way.switches_user)
        launch: dict[str, Any] = {
            "argv": argv,
            "env": dict(environment),
            "cwd": cwd,
            "binds": [(str(outside), inside, writable) for outside, inside, writable in binds],
            **described(root, limits, way.switches_user),
        }
        written = tuple(outside for outside, _, writable in binds if writable)
        if way.rooted:
            launch, written = in_own_root(launch, way, held)
        elif way.apart is Apart.LANDLOCK:
            launch, stdin = unrooted(root, binds, launch, stdin)
        else:
            raise NotIsolated(
                "this machine offers nothing to keep other people's code in",
                where="host",
                hint="allow user namespaces (sysctl kernel.unprivileged_userns_clone=1), "
                "or take Linux 6.2 or later",
            )
        description = Path(folder) / "launch.json"
        write_atomic(description, json.dumps(launch).encode(), mode=0o600)
        return runner.run(
            launcher_argv("run", description),
            stdin=stdin,
            timeout_seconds=limits.timeout_seconds,
            merge_stderr=merge_stderr,
            written_limit_bytes=limits.folder_bytes,
            written_below=written,
        )


def described(root: Path, limits: Limits, switches: bool) -> dict[str, Any]:
    """What the launcher is told of any command here."""
    return {
        "namespaces": {},
        "root": str(root),
        "uid": BUILD_USER,
        "gid": BUILD_USER,
        "switch_user": switches,
        "tmp_bytes": limits.tmp_bytes,
        "limits": [
            ("RLIMIT_CORE", 0),
            ("RLIMIT_DATA", limits.memory_bytes),
            ("RLIMIT_FSIZE", limits.file_bytes),
            *([("RLIMIT_NPROC", limits.processes)] if switches else []),
        ],
        "cores": os.cpu_count() or 1,
    }


@cache
def machines_way() -> Isolation:
    """Found once: a build asks many times, and each weaker way is tried after all stronger ones."""
    return probed_isolation(SubprocessRunner())


def give(folder: Path, writable: bool) -> None:
    if not writable:
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, BUILD_USER, BUILD_USER, follow_symlinks=False)
