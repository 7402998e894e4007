"""One command in a root folder of our own making: no network, no other user's processes, nothing to write but
the folders that it is given. For code that nobody has read: the build scripts of packages."""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from okamochi.run.engine import NotIsolated
from okamochi.run.host.isolation import best_isolation, launcher_argv
from okamochi.system.files import write_atomic
from okamochi.system.process import Completed, Runner

__all__ = ["Limits", "isolated"]

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
    binds: tuple[tuple[Path, str, bool], ...],
    cwd: str = "/",
    stdin: bytes = b"",
    merge_stderr: bool = True,
    limits: Limits | None = None,
) -> Completed:
    """`binds` are (folder outside, place inside, whether it may be written); the places are in `root`, or
    below /tmp, which is empty.

    Folders that may be written are given to the user who runs the command. NotIsolated when this machine
    offers no namespaces, also for processes: what the command leaves running could otherwise go on.
    BuildError when it writes more than the limits allow."""
    limits = limits or Limits()
    with tempfile.TemporaryDirectory(prefix="okamochi-isolated-") as folder:
        namespaces = dict(best_isolation(runner, Path(folder)).namespaces)
        if not namespaces.get("pid"):
            raise NotIsolated(
                "this machine offers no namespaces to run other people's code in",
                where="host",
                hint="allow user namespaces (sysctl kernel.unprivileged_userns_clone=1)",
            )
        switches = os.geteuid() == 0 and not namespaces["user"]
        if switches:
            for outside, _, writable in binds:
                give(outside, writable)
        description = Path(folder) / "launch.json"
        launch = {
            "namespaces": {**namespaces, "net": True},
            "root": str(root),
            "argv": argv,
            "env": dict(environment),
            "cwd": cwd,
            "uid": BUILD_USER,
            "gid": BUILD_USER,
            "switch_user": switches,
            "tmp_bytes": limits.tmp_bytes,
            "binds": [(str(outside), inside, writable) for outside, inside, writable in binds],
            "limits": [
                ("RLIMIT_CORE", 0),
                ("RLIMIT_DATA", limits.memory_bytes),
                ("RLIMIT_FSIZE", limits.file_bytes),
                *([("RLIMIT_NPROC", limits.processes)] if switches else []),
            ],
            "cores": os.cpu_count() or 1,
        }
        write_atomic(description, json.dumps(launch).encode(), mode=0o600)
        return runner.run(
            launcher_argv("run", description),
            stdin=stdin,
            timeout_seconds=limits.timeout_seconds,
            merge_stderr=merge_stderr,
            written_limit_bytes=limits.folder_bytes,
            written_below=tuple(outside for outside, _, writable in binds if writable),
        )


def give(folder: Path, writable: bool) -> None:
    if not writable:
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, BUILD_USER, BUILD_USER, follow_symlinks=False)
