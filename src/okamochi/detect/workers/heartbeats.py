"""Which workers show that they live: those whose program the kit's heartbeat knows."""

import re

from okamochi.detect.source.sources import Sources
from okamochi.detect.workers.django_workers import path_of_command
from okamochi.model.kit_programs import HEARTBEAT_FILE
from okamochi.model.process import HeartbeatProbe, Process, ProcessType
from okamochi.system.patterns import regex

__all__ = ["heartbeat_of"]

SECONDS = 60
RQ_SECONDS = 120
"""RQ beats every 30 s while a job runs or none comes."""
OF_DJANGO = {"rqworker": RQ_SECONDS, "run_huey": SECONDS}
LOOPS = regex(r"\bBlockingScheduler\(|\brun_pending\(|\bWorker\(")
PAUSE = regex(r"\bsleep\((\d+)")


def heartbeat_of(process: Process, sources: Sources) -> HeartbeatProbe | None:
    """None for programs that nothing is known of: their health stays untold rather than guessed."""
    if process.type not in (ProcessType.WORKER, ProcessType.SCHEDULER):
        return None
    seconds = _seconds(process.argv, sources)
    return HeartbeatProbe(path=HEARTBEAT_FILE, maximum_age_seconds=seconds) if seconds else None


def _seconds(argv: tuple[str, ...], sources: Sources) -> int:
    program, words = argv[0].rpartition("/")[2], argv[1:]
    match program:
        case "rq" | "flask":
            return _of_rq(words) if "worker" in words else 0
        case "celery" if "beat" in words:
            return max(RQ_SECONDS, 3 * _number(words, "--max-interval"))
        case "celery":
            return SECONDS if "worker" in words and "--without-heartbeat" not in words else 0
        case "dramatiq" | "huey_consumer" | "huey_consumer.py" | "arq":
            return SECONDS
        case "python":
            script = next((one for one in words if one.endswith(".py")), "")
            return _of_a_command(words[1:], sources) or _of_a_script(script, sources)
        case _:
            return 0


def _of_rq(words: tuple[str, ...]) -> int:
    """Without a job it beats once in the time that it is said to live, less 15 s; else as often as it looks
    after its job (rq/worker/base.py)."""
    return max(
        RQ_SECONDS, 2 * _number(words, "--worker-ttl"), 3 * _number(words, "--job-monitoring-interval")
    )


def _number(words: tuple[str, ...], option: str) -> int:
    """What an option says; 0 without it."""
    text = " ".join(words)
    found = re.search(rf"(?:^| ){option}[= ](\d+)(?= |$)", text)
    return int(found[1]) if found is not None else 0


def _of_a_command(words: tuple[str, ...], sources: Sources) -> int:
    """Of manage.py: the libraries are loaded in that very process, but Dramatiq's and Django-Q's are not."""
    command = words[0] if words else ""
    if command in OF_DJANGO:
        return OF_DJANGO[command]
    return _of_a_script(path_of_command(sources, command), sources) if command.isidentifier() else 0


def _of_a_script(path: str, sources: Sources) -> int:
    text = sources.text(path) if path in sources.known else ""
    if not LOOPS.search(text) or not re.search(r"\b(apscheduler|schedule|rq)\b", text):
        return 0
    longest = max((int(one) for one in PAUSE.findall(text)), default=0)
    return max(RQ_SECONDS, 3 * longest)
