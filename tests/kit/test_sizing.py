import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from cgroup_trees import HYBRID_V2_MOUNT, UNLIMITED_V1, V1_MOUNTS, V2_MOUNT, tree

from okamochi.kit import sizing

MIB = sizing.MEBIBYTE


def test_a_v2_container_with_a_namespace_reads_its_own_limits(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "0::/\n",
            "proc/self/mountinfo": V2_MOUNT.format(root="/"),
            "sys/fs/cgroup/cpu.max": "150000 100000\n",
            "sys/fs/cgroup/memory.max": f"{512 * MIB}\n",
            "sys/fs/cgroup/memory.high": "max\n",
        },
    )
    limits = sizing.read_limits(root, cores=80)
    assert (limits.cpus, limits.memory_bytes) == (1.5, 512 * MIB)
    assert sizing.workers_that_fit(limits) == 3


def test_max_means_no_limit(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "0::/\n",
            "proc/self/mountinfo": V2_MOUNT.format(root="/"),
            "sys/fs/cgroup/cpu.max": "max 100000\n",
            "sys/fs/cgroup/memory.max": "max\n",
        },
    )
    limits = sizing.read_limits(root, cores=4)
    assert (limits.cpus, limits.memory_bytes) == (0.0, 0)
    assert sizing.workers_that_fit(limits) == 9


@pytest.mark.parametrize(("memory", "cpu"), [("max", "max 100000"), (f"{1024 * MIB}", "400000 100000")])
def test_the_limit_of_a_parent_group_binds_as_well(memory: str, cpu: str, tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "0::/system.slice/app.service/worker\n",
            "proc/self/mountinfo": V2_MOUNT.format(root="/"),
            "sys/fs/cgroup/system.slice/app.service/worker/memory.max": f"{memory}\n",
            "sys/fs/cgroup/system.slice/app.service/worker/cpu.max": f"{cpu}\n",
            "sys/fs/cgroup/system.slice/app.service/memory.max": f"{300 * MIB}\n",
            "sys/fs/cgroup/system.slice/cpu.max": "50000 100000\n",
        },
    )
    limits = sizing.read_limits(root, cores=8)
    assert (limits.cpus, limits.memory_bytes) == (0.5, 300 * MIB)


@pytest.mark.parametrize(
    ("high", "most", "limit"), [(200, 512, 200), (512, 200, 200), (0, 512, 512), (200, 0, 200), (0, 0, 0)]
)
def test_memory_high_binds_before_the_kernel_kills(high: int, most: int, limit: int, tmp_path: Path) -> None:
    """Above it the kernel slows the group down; 0 stands for "max" here."""
    folder = "sys/fs/cgroup/kubepods.slice/burstable.slice/pod7.slice"
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "0::/kubepods.slice/burstable.slice/pod7.slice/c1.scope\n",
            "proc/self/mountinfo": V2_MOUNT.format(root="/"),
            f"{folder}/memory.high": f"{high * MIB or 'max'}\n",
            f"{folder}/memory.max": f"{most * MIB or 'max'}\n",
            f"{folder}/memory.current": f"{150 * MIB}\n",
            f"{folder}/memory.stat": f"anon 1\ninactive_file {30 * MIB}\n",
            f"{folder}/c1.scope/memory.max": "max\n",
            f"{folder}/c1.scope/memory.current": f"{10 * MIB}\n",
        },
    )
    limits = sizing.read_limits(root, cores=4)
    assert limits.memory_bytes == limit * MIB
    # of the slice that binds, its other containers included
    assert sizing.memory_in_use(limits) == (120 * MIB if limit else 0)


def test_v1_without_a_namespace_takes_the_mount_root_off_the_hosts_path(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "4:memory:/docker/abc\n1:cpu,cpuacct:/docker/abc\n0::/\n",
            "proc/self/mountinfo": V1_MOUNTS.format(root="/docker/abc"),
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "200000\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{256 * MIB}\n",
        },
    )
    limits = sizing.read_limits(root, cores=16)
    assert (limits.cpus, limits.memory_bytes) == (2.0, 256 * MIB)
    assert sizing.workers_that_fit(limits) == 1


def test_v1_unlimited_is_a_huge_number_and_minus_one(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "4:memory:/\n1:cpu,cpuacct:/\n",
            "proc/self/mountinfo": V1_MOUNTS.format(root="/"),
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": UNLIMITED_V1 + "\n",
            "sys/fs/cgroup/memory/memory.stat": f"cache 1\nhierarchical_memory_limit {UNLIMITED_V1}\n",
        },
    )
    limits = sizing.read_limits(root, cores=2)
    assert (limits.cpus, limits.memory_bytes) == (0.0, 0)


def test_v1_hierarchical_limit_shows_what_an_unseen_parent_allows(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "4:memory:/kubepods/pod1/c1\n",
            "proc/self/mountinfo": V1_MOUNTS.format(root="/kubepods/pod1/c1"),
            "sys/fs/cgroup/memory/memory.limit_in_bytes": UNLIMITED_V1 + "\n",
            "sys/fs/cgroup/memory/memory.stat": f"hierarchical_memory_limit {400 * MIB}\n",
        },
    )
    assert sizing.read_limits(root, cores=2).memory_bytes == 400 * MIB


def test_hybrid_mounts_are_read_from_the_hierarchy_that_has_the_controller(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "4:memory:/app\n1:cpu,cpuacct:/app\n0::/app\n",
            "proc/self/mountinfo": V1_MOUNTS.format(root="/") + HYBRID_V2_MOUNT,
            "sys/fs/cgroup/unified/app/cgroup.procs": "",
            "sys/fs/cgroup/memory/app/memory.limit_in_bytes": f"{700 * MIB}\n",
            "sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_quota_us": "25000\n",
            "sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_period_us": "100000\n",
        },
    )
    limits = sizing.read_limits(root, cores=2)
    assert (limits.cpus, limits.memory_bytes) == (0.25, 700 * MIB)


def test_a_path_outside_the_namespace_falls_back_to_the_mount(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "0::/../../elsewhere\n",
            "proc/self/mountinfo": V2_MOUNT.format(root="/"),
            "sys/fs/cgroup/memory.max": f"{128 * MIB}\n",
        },
    )
    assert sizing.read_limits(root, cores=1).memory_bytes == 128 * MIB


def test_a_limit_above_the_hosts_memory_is_no_limit(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "0::/\n",
            "proc/self/mountinfo": V2_MOUNT.format(root="/"),
            "sys/fs/cgroup/memory.max": f"{4096 * MIB}\n",
        },
        host_mebibytes=1024,
    )
    limits = sizing.read_limits(root, cores=8)
    assert limits.memory_bytes == 0
    assert sizing.workers_that_fit(limits) == 8  # what a host of 1 GiB holds, not 12


def test_without_any_cgroup_nothing_is_limited(tmp_path: Path) -> None:
    limits = sizing.read_limits(str(tmp_path), cores=1)
    assert (limits.cpus, limits.memory_bytes, limits.host_memory_bytes) == (0.0, 0, 0)
    assert sizing.workers_that_fit(limits) == 3


@pytest.mark.parametrize(
    ("cpus", "mebibytes", "cores", "workers"),
    [(1.0, 512, 80, 3), (0.0, 0, 80, 12), (8.0, 1024, 80, 8), (0.1, 64, 4, 1), (4.0, 8192, 2, 5)],
)
def test_workers_follow_cpu_and_memory(cpus: float, mebibytes: int, cores: int, workers: int) -> None:
    limits = sizing.Limits(cpus=cpus, memory_bytes=mebibytes * MIB, cores=cores)
    assert sizing.workers_that_fit(limits) == workers


def test_this_very_machine_can_be_read() -> None:
    limits = sizing.read_limits()
    assert limits.cores >= 1
    assert sizing.workers_that_fit(limits) >= 1
    assert re.search(r"cpu quota.*memory limit.*MiB a worker", sizing.reasons(limits))
