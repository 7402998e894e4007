"""Workers of gunicorn that end, are killed, or do not answer: as its log tells."""

import re

from okamochi.run.traces import Cause, last_trace, told_by

__all__ = [
    "bad_concurrency",
    "dropped_requests",
    "ended_workers",
    "ends_itself",
    "killed_workers",
    "out_of_memory",
    "worker_timeout",
]

# gunicorn itself lets a worker go: at a stop, after a time limit, after its number of requests
ASKED_TO_END = re.compile(r"Handling signal: |WORKER TIMEOUT|Autorestarting worker|was sent SIG")


def worker_timeout(log: str) -> Cause | None:
    """gunicorn kills a worker that does not answer, and wonders then whether its memory was the reason."""
    late = set(re.findall(r"WORKER TIMEOUT \(pid:(\d+)\)", log))
    if not late or killed_workers(log) or "was sent SIGKILL" not in log:
        return None
    return Cause(
        "a worker did not answer within its time limit and was stopped",
        "something in it waits or computes for too long: the log shows where it was (okamochi logs); "
        "GUNICORN_TIMEOUT=120 gives it more seconds",
    )


def ends_itself(log: str) -> Cause | None:
    """sys.exit() where the app is loaded, as some do until a setting is made."""
    codes = set(ended_workers(log).values())
    if len(codes) != 1 or last_trace(log) is not None:
        return None
    return Cause(
        f"the app ends itself while it is loaded, with exit code {codes.pop()}",
        "what it wrote before that is above: most often it wants a setting to be made "
        "(okamochi up --env-file FILE)",
    )


@told_by(r"Perhaps out of memory\?|^MemoryError|Cannot allocate memory")
def out_of_memory(found: re.Match[str], log: str) -> Cause | None:
    return Cause(
        "a process ran out of memory",
        'give it more: [tool.okamochi] memory = "1G"; or fewer workers: WEB_CONCURRENCY=1',
    )


@told_by(r"^ValueError: invalid literal for int\(\) with base 10: '(?P<value>[^']*)'")
def bad_concurrency(found: re.Match[str], log: str) -> Cause | None:
    if "gunicorn/config.py" not in log or "WEB_CONCURRENCY" not in log:
        return None
    return Cause(
        f"WEB_CONCURRENCY={found['value']} is no number", "set it to a whole number, or leave it out"
    )


def killed_workers(log: str) -> set[str]:
    """Those that somebody else than gunicorn killed, which is the system, for want of memory."""
    killed = set(re.findall(r"Worker \(pid:(\d+)\) was sent SIGKILL", log))
    return killed - set(re.findall(r"WORKER TIMEOUT \(pid:(\d+)\)", log))


def dropped_requests(log: str) -> int:
    """How many ended in an OSError of the app, which gunicorn takes for one of the connection, and closes it
    without a word."""
    return log.count("[ERROR] Socket error processing request.")


def ended_workers(log: str) -> dict[str, str]:
    """Those that ended by themselves, each with its exit code; with 3 and 4 gunicorn ends what it could not
    boot, and tells why. Of exit(), which is no failure to it, the worker alone says that it goes."""
    ended = dict(re.findall(r"Worker \(pid:(\d+)\) exited with code (\d+)", log))
    if not ended and ASKED_TO_END.search(log) is None:
        ended = dict.fromkeys(re.findall(r"Worker exiting \(pid: (\d+)\)", log), "0")
    return {worker: code for worker, code in ended.items() if code not in ("3", "4")}
