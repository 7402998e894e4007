"""Fake /proc and /sys trees for the worker arithmetic."""

from pathlib import Path

V1_MOUNTS = """\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 {root} /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 {root} /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
40 31 0:37 {root} /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
"""
V2_MOUNT = "30 23 0:26 {root} /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
HYBRID_V2_MOUNT = "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
UNLIMITED_V1 = "9223372036854771712"


def tree(root: Path, files: dict[str, str], *, host_mebibytes: int = 65536) -> str:
    memory = f"MemTotal:       {host_mebibytes * 1024} kB\nMemFree: 1 kB\n"
    for name, text in {"proc/meminfo": memory, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(root)
