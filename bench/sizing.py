"""Automatic workers against hand-made ones: examples/invoice under 0.5 CPU and 512 MB, with PDFs."""

from __future__ import annotations

import http.client
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from load import Pressed, press
from measure import MeasurementError, Row, Samples, run, verdict_of
from ours import Ours
from projects import EXAMPLES
from workshop import LABEL, Workshop, docker_text

GROUP = "Under 0.5 CPU and 512 MB: examples/invoice, four pages to one PDF, 8 clients"
LIMITS = ("--cpus", "0.5", "--memory", "512m", "--memory-swap", "512m")
FOLDERS = ("--read-only", "--tmpfs", "/tmp", "--tmpfs", "/app/instance:uid=10001,gid=10001")
GRID = ((1, 1), (1, 2), (1, 4), (2, 2), (2, 4), (3, 4))
INVOICES = 30
CLIENTS = 8
REQUESTS = 150
WARM_UP = 40
AT_LEAST = 0.9
START_SECONDS = 120
CGROUP_PARENT = "OKAMOCHI_BENCH_CGROUP_PARENT"
"""Where other work competes for the CPU: a cgroup of one's own with more cpu.shares."""


USED = """
try:
    print(int(open("/sys/fs/cgroup/cpuacct/cpuacct.usage").read()) / 1e9)
except OSError:
    print(int(open("/sys/fs/cgroup/cpu.stat").readline().split()[1]) / 1e6)
"""
"""CPU seconds of the container until now, by control groups of version 1 or 2."""


@dataclass(frozen=True)
class Trial:
    """`kills` counts workers that the kernel killed for their memory."""

    pressed: Pressed
    kills: int
    cpu_seconds: float

    @property
    def cpu_each(self) -> float:
        return self.cpu_seconds / max(self.pressed.answered, 1)

    @property
    def told(self) -> str:
        found = self.pressed
        return f"{found.per_second:.2f} a second, {found.failures} failed, {self.kills} workers killed"


def paths() -> list[str]:
    found = []
    for number in range(1, INVOICES + 1):
        page = f"/invoices/{number}"
        found += ["/", page, "/customers", f"{page}?lang=en", f"{page}/pdf"]
    return found


def sizing_rows(workshop: Workshop, rounds: int) -> Iterator[Row]:
    ours = Ours.of(workshop, EXAMPLES["invoice"], "sizing")
    image = f"{workshop.name}-sizing:bench"
    ours.load(image)
    by_cores = 2 * (os.cpu_count() or 1) + 1
    crowded = trial(workshop, image, {"WEB_CONCURRENCY": str(by_cores), "GUNICORN_THREADS": "1"})
    automatic: list[Trial] = []
    by_hand: dict[tuple[int, int], list[Trial]] = {one: [] for one in GRID}
    for _ in workshop.rounds(rounds):
        for workers, threads in GRID:
            chosen = {"WEB_CONCURRENCY": str(workers), "GUNICORN_THREADS": str(threads)}
            by_hand[workers, threads].append(trial(workshop, image, chosen))
            if (workers, threads) in GRID[::2]:  # three times a round: the machine does other work, too
                automatic.append(trial(workshop, image, {}))
    yield from judged(automatic, by_hand, crowded, by_cores)


def judged(
    automatic: list[Trial], by_hand: dict[tuple[int, int], list[Trial]], crowded: Trial, by_cores: int
) -> Iterator[Row]:
    lost = sum(one.pressed.failures + one.kills for one in automatic)
    yield Row(
        group=GROUP,
        name="automatic: failed requests and killed workers",
        measured=lost,
        result=f"{lost} in {len(automatic)} runs",
        target="0",
        verdict=verdict_of(lost, at_most=0),
    )
    broken = crowded.pressed.failures + crowded.kills
    yield Row(
        group=GROUP,
        name=f"-w {by_cores} (2 * cores + 1): does the same load break it",
        measured=broken,
        result=crowded.told,
        target="at least 1 failed or killed",
        verdict=verdict_of(broken, at_least=1),
    )
    sound = {
        one: [trial.pressed.per_second for trial in trials]
        for one, trials in by_hand.items()
        if trials and not any(trial.pressed.failures or trial.kills for trial in trials)
    }
    for (workers, threads), trials in by_hand.items():
        told = "; ".join(trial.told for trial in trials)
        yield Row(group=GROUP, name=f"by hand: {workers} workers x {threads} threads", result=told)
    if not sound:
        raise MeasurementError("nothing of the grid survived the load")
    yield cpu_row(automatic, [trials for one, trials in by_hand.items() if one in sound])
    best = max(sound, key=lambda one: Samples(tuple(sound[one])).median)
    mine = Samples(tuple(trial.pressed.per_second for trial in automatic)).median
    ratio = mine / Samples(tuple(sound[best])).median
    yield Row(
        group=GROUP,
        name=f"automatic against the best by hand ({best[0]} x {best[1]})",
        measured=ratio,
        result=f"{mine:.2f} a second, {ratio:.2f} times the best",
        target=f"at least {AT_LEAST:g} times",
        verdict=verdict_of(ratio, at_least=AT_LEAST),
    )


def cpu_row(automatic: list[Trial], by_hand: list[list[Trial]]) -> Row:
    """What the quota pays for a request. Requests a second also tell how much of its quota a container got
    beside the machine's other work."""
    mine = Samples(tuple(one.cpu_each for one in automatic)).median
    best = min(Samples(tuple(one.cpu_each for one in trials)).median for trials in by_hand)
    ratio = best / mine
    return Row(
        group=GROUP,
        name="automatic against the best by hand: requests for one CPU second",
        measured=ratio,
        result=f"{1 / mine:.1f}, {ratio:.2f} times the best",
        target=f"at least {AT_LEAST:g} times",
        verdict=verdict_of(ratio, at_least=AT_LEAST),
    )


def trial(workshop: Workshop, image: str, variables: dict[str, str]) -> Trial:
    with container(workshop, image, variables) as (name, address):
        press(address, paths(), requests=WARM_UP, clients=CLIENTS, seconds=60, patience=60)
        before = used(name)
        pressed = press(address, paths(), requests=REQUESTS, clients=CLIENTS, seconds=180, patience=60)
        spent = used(name) - before
        log = docker_text("logs", name)
        return Trial(pressed, log.count("was sent SIGKILL"), spent)


def used(name: str) -> float:
    return float(docker_text("exec", name, "/opt/venv/bin/python", "-I", "-S", "-c", USED))


@contextmanager
def container(
    workshop: Workshop, image: str, variables: dict[str, str]
) -> Iterator[tuple[str, tuple[str, int]]]:
    """Its name and address, when it has sample data and all its workers."""
    name = f"{workshop.name}-sized"
    parent = os.environ.get(CGROUP_PARENT)
    argv = ["docker", "run", "--detach", "--name", name, "--label", f"{LABEL}={workshop.name}", *LIMITS]
    argv += [*FOLDERS, *(("--cgroup-parent", parent) if parent else ())]
    for variable, value in {"SECRET_KEY": "only-for-the-bench-1234", **variables}.items():
        argv += ["--env", f"{variable}={value}"]
    run((*argv, image), env=workshop.environment)
    try:
        found = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        address = (docker_text("inspect", "--format", found, name).strip(), 8000)
        wait_until_ready(address)
        seed = ("docker", "exec", name, "flask", "seed-demo", "--more", str(INVOICES))
        # beside web, the command itself would be over the limit
        docker_text("update", "--memory", "1g", "--memory-swap", "1g", name)
        run(seed, env=workshop.environment)
        docker_text("update", *LIMITS[2:], name)
        time.sleep(5)
        yield name, address
    finally:
        docker_text("rm", "--force", "--volumes", name)


def wait_until_ready(address: tuple[str, int]) -> None:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends:
        connection = http.client.HTTPConnection(*address, timeout=5)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.25)
    raise MeasurementError(f"the container was not ready within {START_SECONDS} s")
