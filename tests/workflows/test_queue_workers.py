"""Workers are not started where their queue is not."""

import pytest

from okamochi.model.backing_service import BackingService, ServiceKind
from okamochi.model.process import Process, ProcessType
from okamochi.workflows.starting.queue_workers import with_their_queue


class Told:
    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warn(self, text: str) -> None:
        self.warnings.append(text)


def service(kind: ServiceKind, name: str) -> BackingService:
    return BackingService(kind=kind, name=name, image=name, port=1, required=False)


def process(name: str, kind: ProcessType, program: str) -> Process:
    return Process(name=name, type=kind, argv=(f"/opt/venv/bin/{program}", "worker"))


REDIS = service(ServiceKind.REDIS, "redis")
RABBIT = service(ServiceKind.RABBITMQ, "rabbitmq")
DATABASE = service(ServiceKind.POSTGRES, "db")


@pytest.mark.parametrize(
    ("program", "kept", "absent", "started"),
    [
        ("rq", (), (REDIS,), False),
        ("rq", (REDIS,), (), True),
        ("rq", (), (), True),  # its address was given
        ("rq", (), (DATABASE,), True),
        ("celery", (RABBIT,), (REDIS,), True),
        ("celery", (), (REDIS,), False),
        ("python", (), (REDIS,), True),
    ],
)
def test_a_worker_needs_a_service_that_can_hold_its_queue(
    program: str, kept: tuple[BackingService, ...], absent: tuple[BackingService, ...], started: bool
) -> None:
    web = process("web", ProcessType.WEB, "gunicorn")
    worker = process("worker", ProcessType.WORKER, program)
    told = Told()
    found = with_their_queue((web, worker), kept, absent, told)  # type: ignore[arg-type]
    assert found == ((web, worker) if started else (web,))
    assert bool(told.warnings) is not started


def test_release_is_started_whatever_is_absent() -> None:
    release = process("release", ProcessType.RELEASE, "celery")
    assert with_their_queue((release,), (), (REDIS,), Told()) == (release,)  # type: ignore[arg-type]
