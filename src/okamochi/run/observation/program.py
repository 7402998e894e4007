"""Runs inside the container that is looked at, as its user; told by its first argument, tells by one line of
JSON. Standard library only, for every Python that an image may have."""

from __future__ import annotations

import errno
import json
import os
import stat
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = (
    *(
        "sh",
        "bash",
        "dash",
        "ash",
        "zsh",
        "busybox",
        "apt",
        "apt-get",
        "dpkg",
        "apk",
        "yum",
        "dnf",
        "pip",
        "pip3",
    ),
    *("curl", "wget", "nc", "ncat", "gcc", "cc", "make"),
)
FOLDERS = ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/opt/venv/bin")
SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
MOST = 20


def main() -> None:
    task = json.loads(sys.argv[1])
    if task.get("processes"):
        tell({"processes": [one for one in map(process, pids()) if one is not None]})
        return
    files, privileged, writable = survey(tuple(task["skip"]))
    seen = {
        "processes": [one for one in map(process, pids()) if one is not None],
        "attempts": [{"path": path, "error": attempt(path)} for path in task["write"]],
        "limits": {"memory_bytes": memory_bytes(), "cpus": cpus(), "pids": pids_limit()},
        "programs": sorted(
            os.path.join(folder, name)  # noqa: PTH118
            for folder in FOLDERS
            for name in PROGRAMS
            if os.path.lexists(os.path.join(folder, name))  # noqa: PTH118
        ),
        "privileged": privileged,
        "writable": writable,
        "files": files,
        "temporary_bytes": temporary_bytes(),
    }
    tell(seen)


def tell(seen: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(seen) + "\n")


def pids() -> Iterator[str]:
    """All but this program itself and what is its own."""
    own = str(os.getpid())
    return (name for name in os.listdir("/proc") if name.isdigit() and name != own)  # noqa: PTH208


def process(pid: str) -> dict[str, Any] | None:
    """None when it ended meanwhile."""
    try:
        fields = dict(
            line.split(":", 1) for line in text_of(f"/proc/{pid}/status").splitlines() if ":" in line
        )
        command = text_of(f"/proc/{pid}/cmdline").replace("\0", " ").strip()
    except OSError:
        return None
    if not fields:
        return None
    capabilities = 0
    for name in SETS:
        capabilities |= int(fields.get(name, "0").strip(), 16)
    return {
        "pid": int(pid),
        "parent": int(fields["PPid"]),
        "command": command[:200] or fields["Name"].strip(),
        "user": int(fields["Uid"].split()[1]),
        "group": int(fields["Gid"].split()[1]),
        "groups": [int(one) for one in fields.get("Groups", "").split()],
        "capabilities": capabilities,
        "no_new_privileges": fields.get("NoNewPrivs", "0").strip() == "1",
        "seccomp": int(fields.get("Seccomp", "-1")),
    }


def attempt(folder: str) -> str:
    """The name of the error of making a file there; "" when it was made."""
    path = os.path.join(folder, f".okamochi-attempt-{os.getpid()}")  # noqa: PTH118
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        os.unlink(path)  # noqa: PTH108
    except OSError as problem:
        return errno.errorcode.get(problem.errno or 0, str(problem.errno))
    return ""


def survey(skipped: tuple[str, ...]) -> tuple[int, list[str], list[str]]:
    """The number of files of the root's own file system, those with special bits, those that this user may
    change."""
    user, groups = os.geteuid(), {os.getegid(), *os.getgroups()}
    device = os.lstat("/").st_dev
    count = 0
    privileged: list[str] = []
    writable: list[str] = []
    waiting = ["/"]
    while waiting:
        folder = waiting.pop()
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                try:
                    status = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                if (
                    status.st_dev != device
                    or entry.path in skipped
                    or entry.path in ("/proc", "/sys", "/dev")
                ):
                    continue
                count += 1
                if stat.S_ISDIR(status.st_mode):
                    waiting.append(entry.path)
                if stat.S_ISREG(status.st_mode) and status.st_mode & (stat.S_ISUID | stat.S_ISGID):
                    privileged.append(entry.path)
                if not stat.S_ISLNK(status.st_mode) and may_change(status, user, groups):
                    writable.append(entry.path)
    return count, sorted(privileged)[:MOST], sorted(writable)[:MOST]


def may_change(status: os.stat_result, user: int, groups: set[int]) -> bool:
    if status.st_uid == user:
        return True
    if status.st_gid in groups and status.st_mode & stat.S_IWGRP:
        return True
    sticky = stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX
    return bool(status.st_mode & stat.S_IWOTH) and not sticky


def memory_bytes() -> int:
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):
            limit = int(text_of(path))
            # version 1 says that there is none by the largest multiple of a page
            return limit if limit < 1 << 60 else 0
    return 0


def cpus() -> float:
    with suppress(OSError, ValueError):
        quota, period = text_of("/sys/fs/cgroup/cpu.max").split()
        return int(quota) / int(period)
    for folder in ("/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"):
        with suppress(OSError, ValueError):
            quota_us = int(text_of(f"{folder}/cpu.cfs_quota_us"))
            return max(0.0, quota_us / int(text_of(f"{folder}/cpu.cfs_period_us")))
    return 0


def pids_limit() -> int:
    for path in ("/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max"):
        with suppress(OSError, ValueError):
            return int(text_of(path))
    return 0


def temporary_bytes() -> int:
    with suppress(OSError):  # there need be no such folder
        if os.lstat("/tmp").st_dev != os.lstat("/").st_dev:
            found = os.statvfs("/tmp")
            return found.f_blocks * found.f_frsize
    return 0


def text_of(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as stream:  # noqa: PTH123
        return stream.read().strip()


if __name__ == "__main__":
    main()
