"""The number of workers follows the first one's size, and memory that fills up takes one back."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cgroup_trees import V1_MOUNTS, V2_MOUNT, tree

from okamochi.kit import sizing, worker_count

MIB = sizing.MEBIBYTE


class Machine:
    """Sizes as a test sets them; everything else is the real arithmetic."""

    MEBIBYTE = MIB
    served_size = staticmethod(sizing.served_size)
    workers_that_fit = staticmethod(sizing.workers_that_fit)
    reasons = staticmethod(sizing.reasons)

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.used = 0

    def memory_of(self, pid: int) -> int:
        if pid == os.getpid():
            return 30 * MIB
        return self.sizes.pop(0) if len(self.sizes) > 1 else self.sizes[0]

    def memory_in_use(self, limits: Any) -> int:
        return self.used


class Server:
    def __init__(self) -> None:
        self.WORKERS: dict[int, Any] = {}
        self.num_workers = 1
        self.managed = 0
        self.lines: list[str] = []
        self.log = SimpleNamespace(info=self.say, warning=self.say)

    def say(self, text: str, *words: object) -> None:
        self.lines.append(text % words)

    def manage_workers(self) -> None:
        self.managed += 1


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.delenv(worker_count.MEASURED, raising=False)
    return Machine()


def attended(machine: Machine, limits: sizing.Limits, booted: bool = True) -> tuple[Server, list[float]]:
    server, times = Server(), [0.0]
    worker_count.WorkerCount(machine, limits, lambda: booted, lambda: times[0]).attend(server)
    return server, times


def test_the_first_worker_is_waited_for_no_longer_than_that_and_sigttin_goes_before() -> None:
    for booted, seconds, chosen in ((True, 1, 1), (False, 4, 1), (True, 1, 2)):
        server, now = Server(), [0.0]
        server.num_workers = 3
        worker_count.first_alone(server, lambda ready=booted: ready, 3.5, lambda times=now: times[0])
        assert server.num_workers == 1
        server.num_workers = chosen
        for _ in range(seconds):
            assert server.num_workers == chosen
            server.manage_workers()
            now[0] += 1
        server.manage_workers()
        assert server.num_workers == (3 if chosen == 1 else 2)


def looks(server: Server, times: list[float], count: int) -> None:
    for _ in range(count):
        server.manage_workers()
        times[0] += 1
        server.WORKERS.setdefault(7, None)


@pytest.mark.parametrize(("mebibytes", "workers"), [(30, 3), (80, 3), (110, 2), (160, 1), (400, 1)])
def test_as_many_workers_as_the_measured_size_leaves_room_for(
    machine: Machine, mebibytes: int, workers: int
) -> None:
    machine.sizes = [mebibytes * MIB]
    server, times = attended(machine, sizing.Limits(cpus=0.5, memory_bytes=512 * MIB, cores=2))
    looks(server, times, 4)
    assert server.num_workers == workers
    assert server.managed == 4
    assert f"the first one takes {mebibytes} MiB" in server.lines[0]
    assert os.environ.pop(worker_count.MEASURED) == str(mebibytes * MIB)


def test_a_first_worker_that_still_grows_is_waited_for(machine: Machine) -> None:
    machine.sizes = [40 * MIB, 90 * MIB, 150 * MIB, 151 * MIB]
    server, times = attended(machine, sizing.Limits(cpus=2, memory_bytes=1024 * MIB, cores=2))
    looks(server, times, 4)
    assert server.num_workers == 1
    looks(server, times, 1)
    assert server.num_workers == 3
    os.environ.pop(worker_count.MEASURED)


def test_nothing_is_decided_before_the_app_is_loaded(machine: Machine) -> None:
    machine.sizes = [40 * MIB]
    server, times = attended(machine, sizing.Limits(cores=2), booted=False)
    looks(server, times, 20)
    assert (server.num_workers, server.lines) == (1, [])


def test_one_worker_ends_in_peace_when_the_memory_is_nearly_full_and_never_the_last(machine: Machine) -> None:
    machine.sizes = [60 * MIB]
    server, times = attended(machine, sizing.Limits(cpus=1, memory_bytes=512 * MIB, cores=2))
    looks(server, times, 4)
    assert server.num_workers == 3
    machine.used = 480 * MIB
    looks(server, times, 5)
    assert server.num_workers == 2
    assert server.lines[-1] == "okamochi: 480 of 512 MiB are in use: one worker less, 2 now"
    looks(server, times, 100)
    assert server.num_workers == 1
    os.environ.pop(worker_count.MEASURED)


def test_who_sent_sigttin_meanwhile_decides(machine: Machine) -> None:
    machine.sizes = [60 * MIB]
    server, times = attended(machine, sizing.Limits(cpus=1, memory_bytes=512 * MIB, cores=2))
    server.num_workers = 5
    looks(server, times, 4)
    assert server.num_workers == 5


@pytest.mark.parametrize(
    ("arguments", "variable", "expected"),
    [
        (["wsgi:app", "-w", "4"], "", True),
        (["wsgi:app", "-w4"], "", True),
        (["--workers=4", "wsgi:app"], "", True),
        (["wsgi:app"], "--workers 3", True),
        (["wsgi:app", "--worker-class", "sync"], "--timeout 3", False),
    ],
)
def test_gunicorn_s_arguments_are_seen(arguments: list[str], variable: str, expected: bool) -> None:
    assert worker_count.overruled(arguments, {"GUNICORN_CMD_ARGS": variable}) is expected


@pytest.mark.parametrize(
    ("mounts", "membership", "used", "idle"),
    [
        (V2_MOUNT, "0::/\n", "memory.current", "inactive_file"),
        (V1_MOUNTS, "4:memory:/\n", "memory.usage_in_bytes", "total_inactive_file"),
    ],
)
def test_memory_in_use_is_without_files_that_the_kernel_can_drop(
    tmp_path: Path, mounts: str, membership: str, used: str, idle: str
) -> None:
    folder = "sys/fs/cgroup/" if mounts is V2_MOUNT else "sys/fs/cgroup/memory/"
    limit = "memory.max" if mounts is V2_MOUNT else "memory.limit_in_bytes"
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": membership,
            "proc/self/mountinfo": mounts.format(root="/"),
            folder + limit: f"{512 * MIB}\n",
            folder + used: f"{400 * MIB}\n",
            folder + "memory.stat": f"cache 1\n{idle} {150 * MIB}\n",
        },
    )
    assert sizing.memory_in_use(sizing.read_limits(root, cores=1)) == 250 * MIB


def test_a_process_s_own_memory_is_read(tmp_path: Path) -> None:
    status = "Name:\tx\nVmRSS:\t  9000 kB\nRssAnon:\t  6000 kB\nRssFile:\t 3000 kB\n"
    tree(tmp_path, {"proc/7/status": status})
    assert sizing.memory_of(7, str(tmp_path)) == 6000 * 1024
    assert sizing.memory_of(8, str(tmp_path)) == 0
    assert sizing.memory_of(os.getpid()) > MIB
