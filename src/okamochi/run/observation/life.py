"""Does to a container of one's own what it must withstand: a dead worker, a server that hangs, a stop."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress

import msgspec

from okamochi.errors import EngineError
from okamochi.model.kit_programs import HEALTH_CHECK
from okamochi.model.observation import Life, SeenProcess, Stop, Traffic
from okamochi.model.plan import Plan
from okamochi.model.process import host_of
from okamochi.run.engine import Engine
from okamochi.run.observation.inside import processes_inside, run_inside
from okamochi.run.observation.traffic import asking
from okamochi.run.wait import healthy_inside
from okamochi.system.process import Runner

__all__ = ["Subject", "live_through"]

REPLACE_SECONDS = 40  # gunicorn looks for dead workers each second; loading a large app takes its time
START_SECONDS = 120
PAUSE_SECONDS = 0.2
SETTLE_SECONDS = 1
MARK = ".okamochi-kept"
SIGNAL = "import os,sys\nfor pid in sys.argv[2:]: os.kill(int(pid), int(sys.argv[1]))"
WRITE = "import os,sys\nfor folder in sys.argv[2:]: open(os.path.join(folder, sys.argv[1]), 'w').close()"
FOUND = (
    "import os,sys\nfor folder in sys.argv[2:]:\n path = os.path.join(folder, sys.argv[1])\n"
    " print(folder if os.path.exists(path) else '')\n os.path.exists(path) and os.unlink(path)"
)


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What is tried. `direct` is the container's own address, where this machine reaches it: a proxy of the
    engine would take connections for a container that is gone."""

    engine: Engine
    name: str
    plan: Plan
    published: tuple[str, int]
    direct: tuple[str, int] | None
    runner: Runner
    environ: Mapping[str, str]

    @property
    def host(self) -> str:
        return host_of(self.plan.web.probe)


def live_through(subject: Subject) -> Life:
    """In this order: a worker is killed, all of them stand still, web is stopped and started again."""
    workers = workers_of(processes_inside(subject.engine, subject.name))
    life = Life(workers=tuple(one.pid for one in workers))
    if workers:
        seconds, traffic = killed(subject, workers)
        life = msgspec.structs.replace(life, replaced_seconds=seconds, replaced_traffic=traffic)
        life = msgspec.structs.replace(life, noticed=is_noticed(subject))
    if subject.engine.name not in ("docker", "podman"):
        why = "without an engine nobody starts it again"
        names = ("stop", "kept", "again")
        return msgspec.structs.replace(life, untried=(*life.untried, *((name, why) for name in names)))
    return stopped_and_started(subject, life)


def workers_of(processes: tuple[SeenProcess, ...]) -> tuple[SeenProcess, ...]:
    """Children of a process of gunicorn's that has some."""
    masters = {one.pid for one in processes if "gunicorn" in one.command}
    return tuple(one for one in processes if one.parent in masters and "gunicorn" in one.command)


def killed(subject: Subject, workers: tuple[SeenProcess, ...]) -> tuple[float, Traffic]:
    """Until another worker was there, and what the page answered meanwhile."""
    with asking(subject.published, "/", subject.host) as asked:
        time.sleep(SETTLE_SECONDS)
        began = time.monotonic()
        run_inside(subject.engine, subject.name, SIGNAL, "9", str(workers[0].pid))
        seconds = seconds_until(lambda: is_replaced(subject, workers), began)
        time.sleep(SETTLE_SECONDS)
    return seconds, asked.traffic


def is_replaced(subject: Subject, before: tuple[SeenProcess, ...]) -> bool:
    now = workers_of(processes_inside(subject.engine, subject.name))
    known = {one.pid for one in before}
    return len(now) >= len(before) and any(one.pid not in known for one in now)


def seconds_until(is_so: Callable[[], bool], began: float) -> float:
    """-1 when it never was."""
    while time.monotonic() - began < REPLACE_SECONDS:
        if is_so():
            return round(time.monotonic() - began, 1)
        time.sleep(PAUSE_SECONDS)
    return -1


def is_noticed(subject: Subject) -> bool:
    """Whether the health check fails while no worker can run; they go on afterwards."""
    pids = [str(one.pid) for one in workers_of(processes_inside(subject.engine, subject.name))]
    run_inside(subject.engine, subject.name, SIGNAL, "19", *pids)
    try:
        return not subject.engine.check(subject.name, HEALTH_CHECK)[0]
    finally:
        with suppress(EngineError):  # gunicorn may have replaced one that stood still
            run_inside(subject.engine, subject.name, SIGNAL, "18", *pids)


def stopped_and_started(subject: Subject, life: Life) -> Life:
    folders = tuple(volume.path for volume in subject.plan.volumes)
    if folders:
        run_inside(subject.engine, subject.name, WRITE, MARK, *folders)
    healthy_inside(subject.engine, subject.name, limit_seconds=START_SECONDS)
    stop = stopped(subject)
    again = subject.runner.run(
        (subject.engine.name, "start", subject.name), env=subject.environ, timeout_seconds=START_SECONDS
    )
    if not again.ok:
        why = f"{subject.engine.name} could not start it: {again.error_text[-200:]}"
        untried = (*life.untried, ("again", why), ("kept", why))
        return msgspec.structs.replace(life, stop=stop, untried=untried)
    healthy = healthy_inside(subject.engine, subject.name, limit_seconds=START_SECONDS)
    kept: tuple[tuple[str, bool], ...] = ()
    if healthy and folders:
        found = run_inside(subject.engine, subject.name, FOUND, MARK, *folders).splitlines()
        kept = tuple((folder, folder in found) for folder in folders)
    return msgspec.structs.replace(life, stop=stop, healthy_again=healthy, kept=kept)


def stopped(subject: Subject) -> Stop:
    """A stop while requests come in, from the container's own address where it can be reached."""
    grace = subject.plan.web.stop_grace_seconds
    with asking(subject.direct or subject.published, "/", subject.host) as asked:
        time.sleep(SETTLE_SECONDS)
        began = time.monotonic()
        subject.engine.stop(subject.name, grace_seconds=grace)
        seconds = time.monotonic() - began
    traffic = asked.traffic
    if subject.direct is None:
        # the engine's proxy takes a connection before it knows that nobody is there
        traffic = Traffic(seconds=traffic.seconds)
    exit_code = subject.engine.inspect(subject.name).exit_code
    return Stop(seconds=round(seconds, 1), exit_code=exit_code, traffic=traffic)
