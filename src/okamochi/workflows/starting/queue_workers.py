"""Workers whose queue is in a service that is not started: they would end and start again for ever."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from okamochi.model.backing_service import BackingService, ServiceKind
from okamochi.model.process import Process, ProcessType
from okamochi.system.progress import Reporter

__all__ = ["with_their_queue"]

REDIS = frozenset({ServiceKind.REDIS})
BROKERS = frozenset({ServiceKind.REDIS, ServiceKind.RABBITMQ})
QUEUES = {
    "rq": REDIS,
    "arq": REDIS,
    "saq": REDIS,
    "huey_consumer": REDIS,
    "huey_consumer.py": REDIS,
    "celery": BROKERS,
    "dramatiq": BROKERS,
    "taskiq": BROKERS,
    "flower": BROKERS,
}
"""What can hold the queue, by program."""


def with_their_queue(
    processes: Sequence[Process],
    kept: Sequence[BackingService],
    absent: Sequence[BackingService],
    reporter: Reporter,
) -> tuple[Process, ...]:
    """Without those whose queue would be in an absent service; a queue at an address that the user gave is
    neither kept nor absent."""
    found = []
    for process in processes:
        queue = _queue_of(process)
        missing = [one for one in absent if one.kind in queue]
        if missing and not any(one.kind in queue for one in kept):
            reporter.warn(f"{process.name} is not started: its queue is in {missing[0].name}")
        else:
            found.append(process)
    return tuple(found)


def _queue_of(process: Process) -> frozenset[ServiceKind]:
    if process.type not in (ProcessType.WORKER, ProcessType.SCHEDULER):
        return frozenset()
    return QUEUES.get(PurePosixPath(process.argv[0]).name, frozenset())
