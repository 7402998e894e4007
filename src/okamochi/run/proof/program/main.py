"""The proof itself: takes the task, gives the answer."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from okamochi.run.proof.program.failures import failure
from okamochi.run.proof.program.hashes import broken_hash
from okamochi.run.proof.program.later_imports import broken_broker
from okamochi.run.proof.program.loading import kind_of, load
from okamochi.run.proof.program.own_servers import own_server
from okamochi.run.proof.program.routes import MOST_ROUTES, routes_of
from okamochi.run.proof.program.shapes import Answer, Task
from okamochi.run.proof.program.used_names import unusable_name
from okamochi.run.proof.program.visits import pages_of, visit
from okamochi.run.proof.program.watching import watcher

PAGES_SECONDS = 2.0


def main() -> None:
    answer_stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    task = json.load(sys.stdin)
    sys.path[:0] = task["paths"]
    sys.dont_write_bytecode = True
    for path, text in task.get("files", {}).items():
        with contextlib.suppress(OSError):  # where the engine does not let it, the app will miss the file
            Path(path).write_text(text, "utf-8")
    writes: dict[str, str] = {}
    lock = threading.Lock()
    started = time.monotonic()

    def finish(answer: Answer) -> NoReturn:
        with lock:  # the first answer is the answer; a thread of the app may come later
            answer["seconds"] = round(time.monotonic() - started, 3)
            answer["writes"] = [{"path": path, "place": place} for path, place in sorted(writes.items())]
            json.dump(answer, answer_stream)
            answer_stream.flush()
            sys.stderr.flush()
            os._exit(0)

    sys.addaudithook(watcher(task, writes, finish))
    try:
        finish(proved(task, finish))
    except BaseException as error:
        finish(failure(error))


def proved(task: Task, finish: Callable[[Answer], NoReturn]) -> Answer:
    if task["interface"] == "own":
        return own_server(task)
    application = load(task["reference"])
    kind_of(application, task["interface"])
    pages: list[dict[str, Any]] = []
    answer: Answer = {
        "outcome": "proved",
        "type": f"{type(application).__module__}.{type(application).__qualname__}",
        "routes": routes_of(application)[:MOST_ROUTES],
        "pages": pages,
        "broken": broken_broker() or unusable_name() or broken_hash(),
    }
    if task.get("visit"):
        visit(application, task, [task["visit"]], [])
    wanted = pages_of(answer["routes"], int(task.get("pages", 0)))
    if wanted:
        timer = threading.Timer(PAGES_SECONDS, finish, (answer,))  # a page that hangs ends the looking round
        timer.daemon = True
        timer.start()
        visit(application, task, wanted, pages)
        timer.cancel()
    return answer


if __name__ == "__main__":
    main()
