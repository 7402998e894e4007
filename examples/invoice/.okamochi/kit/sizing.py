"""How many workers fit: from the cgroup's CPU quota and memory limit (v1, v2, hybrid), not the host's cores,
and from the size of a worker.

`multiprocessing.cpu_count()` and `nproc` see the node's cores; a container with one CPU on an 80-core node
would get 160 workers and be killed for its memory.
"""

# pathlib would double the time of the imports:
# ruff: noqa: PTH118, PTH123

from __future__ import annotations

import math
import os
from collections.abc import Iterator

MEBIBYTE = 1024 * 1024
MOST_WORKERS = 12
MASTER_BYTES = 40 * MEBIBYTE
WORKER_BYTES = 96 * MEBIBYTE  # where nothing can be measured: Flask with SQLAlchemy takes 60 to 70 MiB
USABLE_SHARE = 0.8
# A worker that has served is larger than one that has only booted: caches, arenas of its threads, the largest
# request so far. Measured from 1.2 (JSON) to 1.6 times (PDF rendering).
SERVED_GROWTH = 1.5
SERVED_LEAST_BYTES = 24 * MEBIBYTE


class Limits:
    """What the process may use. `cpus` is 0.0 and `memory_bytes` 0 where no cgroup sets a limit;
    `cores` are those that the process may run on; `host_memory_bytes` is 0 when unknown. `memory_group` is
    the version and the folder of the cgroup that limits the memory."""

    def __init__(
        self,
        cpus: float = 0.0,
        memory_bytes: int = 0,
        cores: int = 1,
        host_memory_bytes: int = 0,
        memory_group: tuple[int, str] = (0, ""),
    ) -> None:
        self.cpus = cpus
        self.memory_bytes = memory_bytes
        self.cores = cores
        self.host_memory_bytes = host_memory_bytes
        self.memory_group = memory_group


def read_limits(root: str = "/", cores: int = 0) -> Limits:
    """The limits of this process; `root` is where /proc and /sys are looked for."""
    hierarchies = list(cgroup_folders(root))
    host_memory = total_memory(_read(os.path.join(root, "proc/meminfo")))
    memory = [
        (n, (version, f))
        for version, folders in hierarchies
        for f in folders
        for n in memory_limits(version, f)
    ]
    quotas = [n for version, folders in hierarchies for f in folders for n in cpu_quotas(version, f)]
    smallest, group = min(memory, default=(0, (0, "")), key=lambda found: found[0])
    limited = smallest if not host_memory or smallest < host_memory else 0
    return Limits(min(quotas, default=0.0), limited, cores or usable_cores(), host_memory, group)


def usable_cores() -> int:
    """Cores of the affinity mask, which cpusets narrow; os.cpu_count() where there is none (macOS)."""
    try:
        return len(os.sched_getaffinity(0)) or 1
    except (AttributeError, OSError):
        return os.cpu_count() or 1


def cgroup_folders(root: str) -> Iterator[tuple[int, list[str]]]:
    """(version, folders) of each mounted hierarchy: the process's own folder first, then its parents up to
    the mount point; a parent's limit binds as well."""
    memberships: dict[str, str] = {}
    for line in _read(os.path.join(root, "proc/self/cgroup")).splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        for controller in controllers.split(","):
            memberships[controller] = path
    for line in _read(os.path.join(root, "proc/self/mountinfo")).splitlines():
        left, _, right = line.partition(" - ")
        fields, filesystem = left.split(" "), right.split(" ")
        if len(fields) < 5 or filesystem[0] not in ("cgroup", "cgroup2"):
            continue
        mount = os.path.join(root, _unescape(fields[4]).lstrip("/"))
        if filesystem[0] == "cgroup2":
            yield 2, _upwards(mount, _below(_unescape(fields[3]), memberships.get("", "/")))
            continue
        for controller in sorted({"cpu", "memory"} & set(filesystem[-1].split(","))):
            yield 1, _upwards(mount, _below(_unescape(fields[3]), memberships.get(controller, "/")))


def _unescape(text: str) -> str:
    """mountinfo writes spaces and the like as octal escapes: proc(5)."""
    return text.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")


def _below(mount_root: str, path: str) -> str:
    """The process's folder relative to the mount: without a cgroup namespace both name the host's folders."""
    if ".." in path.split("/"):
        return ""
    if mount_root == "/":
        return path.strip("/")
    if path == mount_root or path.startswith(mount_root + "/"):
        return path[len(mount_root) :].strip("/")
    return ""


def _upwards(mount: str, relative: str) -> list[str]:
    parts = [part for part in relative.split("/") if part]
    return [os.path.join(mount, *parts[:length]) for length in range(len(parts), -1, -1)]


def memory_limits(version: int, folder: str) -> list[int]:
    names = ("memory.max", "memory.high") if version == 2 else ("memory.limit_in_bytes",)
    found = [_number(_read(os.path.join(folder, name)).strip()) for name in names]
    for line in _read(os.path.join(folder, "memory.stat")).splitlines() if version == 1 else ():
        name, _, value = line.partition(" ")
        if name == "hierarchical_memory_limit":
            found.append(_number(value.strip()))
    return [n for n in found if 0 < n < 2**60]  # v1 writes "unlimited" as a number near 2**63


def cpu_quotas(version: int, folder: str) -> list[float]:
    if version == 2:
        quota, _, period = _read(os.path.join(folder, "cpu.max")).strip().partition(" ")
    else:
        quota = _read(os.path.join(folder, "cpu.cfs_quota_us")).strip()
        period = _read(os.path.join(folder, "cpu.cfs_period_us")).strip()
    if _number(quota) <= 0 or _number(period) <= 0:
        return []
    return [_number(quota) / _number(period)]


def total_memory(meminfo: str) -> int:
    for line in meminfo.splitlines():
        if line.startswith("MemTotal:"):
            return _number(line.split()[1]) * 1024
    return 0


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return ""


def memory_in_use(limits: Limits) -> int:
    """Bytes of the limited group that cannot simply be dropped; 0 when unknown. Pages of files that were not
    used lately are counted by the kernel, but it takes them back before it kills."""
    version, folder = limits.memory_group
    name, idle = {
        1: ("memory.usage_in_bytes", "total_inactive_file"),
        2: ("memory.current", "inactive_file"),
    }.get(version, ("", ""))
    used = _number(_read(os.path.join(folder, name)).strip()) if name else 0
    for line in _read(os.path.join(folder, "memory.stat")).splitlines() if used else ():
        word, _, value = line.partition(" ")
        if word == idle:
            return max(0, used - _number(value))
    return used


def memory_of(pid: int, root: str = "/") -> int:
    """Bytes that a process has for itself, not the files that it shares with its siblings; 0 when unknown."""
    for line in _read(os.path.join(root, f"proc/{pid}/status")).splitlines():
        if line.startswith("RssAnon:"):
            return _number(line.split()[1]) * 1024
    return 0


def served_size(booted_bytes: int) -> int:
    """What a worker is expected to take when it has served for a while."""
    if not booted_bytes:
        return WORKER_BYTES
    return int(max(booted_bytes * SERVED_GROWTH, booted_bytes + SERVED_LEAST_BYTES))


def workers_that_fit(limits: Limits, worker_bytes: int = WORKER_BYTES, master_bytes: int = 0) -> int:
    """Two for each CPU and one, at most 12, and no more than four fifths of the memory hold; at least one."""
    cpus = min(limits.cores, math.ceil(limits.cpus)) if limits.cpus else limits.cores
    by_cpu = min(max(cpus, 1) * 2 + 1, MOST_WORKERS)
    memory = limits.memory_bytes or limits.host_memory_bytes
    if not memory:
        return by_cpu
    by_memory = int((memory * USABLE_SHARE - (master_bytes or MASTER_BYTES)) // worker_bytes)
    return max(1, min(by_cpu, by_memory))


def reasons(limits: Limits, worker_bytes: int = WORKER_BYTES) -> str:
    """Why that many, in words: "cpu quota 1.0, memory limit 512 MiB, ~96 MiB a worker"."""
    cpu = f"cpu quota {round(limits.cpus, 2)}" if limits.cpus else f"no cpu quota, {limits.cores} cores"
    memory = "no memory limit"
    if limits.memory_bytes:
        memory = f"memory limit {limits.memory_bytes // MEBIBYTE} MiB"
    return f"{cpu}, {memory}, ~{worker_bytes // MEBIBYTE} MiB a worker"
