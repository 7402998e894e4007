"""What an app does while it is imported: where it writes, and whether it opens a port."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from okamochi.run.proof.program.failures import trace_of
from okamochi.run.proof.program.shapes import Answer, Task

MOST_WRITES = 100
SERVES_AFTER_SECONDS = 3
# what the main thread is in while it serves, or waits for a child that does
SERVING = frozenset(("serve_forever", "run_forever", "select", "poll", "accept", "wait", "_try_wait"))
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# events whose first argument is a path that is made, changed or removed (Python's table of audit events)
CHANGING = ("os.remove", "os.rename", "os.rmdir", "os.truncate", "os.utime", "shutil.rmtree")


def watcher(
    task: Task, writes: dict[str, str], finish: Callable[[Answer], NoReturn]
) -> Callable[[str, tuple[Any, ...]], None]:
    """An audit hook (PEP 578): what is written where it will be read-only, and a port that is opened."""
    allowed = tuple(folder.rstrip("/") + "/" for folder in task["writable"])
    owns = task["interface"] == "own" and task["framework"] not in ("streamlit", "panel")

    def note(path: Any, end: str = "", kept: bool = False) -> None:
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        if not isinstance(path, (str, os.PathLike)) or len(writes) >= MOST_WRITES:
            return
        full = os.path.realpath(os.fspath(path))
        inside = (full + os.sep).startswith(allowed) and not (kept and lies_in_home(full))
        if full.endswith((".pyc", "/__pycache__")) or inside:
            return
        writes.setdefault(full + end, place_of(sys._getframe(2)))

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if isinstance(flags, int) and flags & WRITING and not isinstance(path, int):
                note(path)
        elif event == "os.mkdir":
            note(arguments[0], "/")
        elif event in CHANGING:
            note(arguments[0])
        elif event == "sqlite3.connect":
            if arguments[0] not in (":memory:", b":memory:", ""):
                note(database_path(arguments[0]), kept=True)
        elif event == "socket.bind" and isinstance(arguments[1], tuple):
            listens(owns, int(task.get("port", 0)), arguments[1], finish)

    return hook


def database_path(name: Any) -> str:
    text = os.fsdecode(name) if isinstance(name, (str, bytes, os.PathLike)) else ""
    return text[5:].split("?")[0] if text.startswith("file:") else text


def lies_in_home(path: str) -> bool:
    """~/.config/app/app.db: what a user's home keeps. Here that is in memory, and lacks such folders."""
    home = Path.home().resolve()
    return path.startswith(f"{home}/.") and Path(path).parent != home


def listens(
    owns: bool, own_port: int, address: tuple[Any, ...], finish: Callable[[Answer], NoReturn]
) -> None:
    """A program that is its own server is proved by its port: any port of the main thread, or the planned one
    of another (CherryPy). In a module that a server imports, an opened port may be a helper's (metrics); only
    one that is served while the import waits is a fault."""
    port = address[1] if len(address) > 1 else 0
    is_own = owns and port == own_port
    if not port or not (is_own or threading.current_thread() is threading.main_thread()):
        return
    if owns:
        finish({"outcome": "proved", "type": "program that listens", "routes": [], "port": port})
    timer = threading.Timer(SERVES_AFTER_SECONDS, complain_if_serving, (port, finish))
    timer.daemon = True
    timer.start()


def complain_if_serving(port: int, finish: Callable[[Answer], NoReturn]) -> None:
    stack = traceback.extract_stack(sys._current_frames()[threading.main_thread().ident or 0])
    if not any(frame.name in SERVING for frame in stack):
        return
    finish(
        {
            "outcome": "failed",
            "error": "StartsServer",
            "message": "the module starts a server of its own while it is imported",
            "name": str(port),
            "text": trace_of(stack, ""),
        }
    )


def place_of(frame: FrameType | None) -> str:
    """The nearest frame of the app itself as "path:line"; "" when only libraries are on the stack."""
    here = f"{Path.cwd()}/"
    while frame is not None:
        if frame.f_code.co_filename.startswith(here):
            return f"{frame.f_code.co_filename}:{frame.f_lineno}"
        frame = frame.f_back
    return ""
