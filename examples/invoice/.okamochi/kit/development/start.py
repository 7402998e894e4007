"""Starts a command of the desk: python start.py -- flask run.

Secrets are loaded as in production. With OKAMOCHI_DEBUG_PORT, debugpy runs the command and listens on 5678.
A command that fails, as servers do that cannot import the app at first, is started again when a Python file
changes; one that ends well, or is told to end, ends this program.
What reloads and debugs runs anybody's code who reaches it, so OKAMOCHI_ADDRESS, on which the engine publishes
it, has to be a loopback address.
"""

# pathlib would double the time of the imports:
# ruff: noqa: PTH100, PTH116, PTH118, PTH119, PTH120

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from typing import Any, NoReturn

LOOPBACK = ("", "localhost", "::1", "[::1]")
DEBUGGER_PORT = "5678"
WAITS = "okamochi: it ended; waiting for a change of the code"
PAUSE_SECONDS = 0.3
NOT_CODE = frozenset(["node_modules", "__pycache__", "venv", "site-packages"])
KIT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def secret_files() -> Any:
    path = os.path.join(KIT, "secret_files.py")
    spec = importlib.util.spec_from_file_location("okamochi_kit_secret_files", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def is_loopback(address: str) -> bool:
    return address in LOOPBACK or address.startswith("127.")


def debugged(command: list[str]) -> list[str]:
    """The command below debugpy, which takes a script or -m with a module, no program."""
    python = os.path.join(os.path.dirname(sys.executable), "python")
    rest = command[1:] if os.path.basename(command[0]).startswith("python") else command
    # on a machine whose network it shares, at the very place where an engine would publish it
    shared = os.environ.get("OKAMOCHI_BIND_ADDRESS", "")
    listens = f"{shared}:{os.environ['OKAMOCHI_DEBUG_PORT']}" if shared else f"0.0.0.0:{DEBUGGER_PORT}"
    return [python, "-X", "frozen_modules=off", "-m", "debugpy", "--listen", listens, *rest]


def main(arguments: list[str]) -> None:
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        sys.exit("usage: start.py -- PROGRAM [ARGUMENT...]")
    address = os.environ.get("OKAMOCHI_ADDRESS", "")
    if not is_loopback(address):
        sys.exit(
            f"okamochi: OKAMOCHI_ADDRESS={address} would let others reach the debugger, which runs any code; "
            "unset it, or start production: docker compose -f compose.yaml up"
        )
    loader = secret_files()
    try:
        loader.load(os.environ)
    except loader.SecretError as error:
        sys.exit(f"okamochi: {error}")
    if os.environ.get("OKAMOCHI_DEBUG_PORT", "").strip():
        command = debugged(command)
    kept_running(command)


def kept_running(command: list[str]) -> NoReturn:
    ended = [0]

    def end(number: int, _: Any) -> None:
        ended[0] = number
        if child is None:
            sys.exit(128 + number)
        child.send_signal(number)

    child: subprocess.Popen[bytes] | None = None
    for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(one, end)
    while True:
        before = code_stamp(".")
        try:
            child = subprocess.Popen(command)
        except OSError as error:
            print(f"okamochi: cannot run {command[0]}: {error.strerror}", file=sys.stderr)
            sys.exit(127 if isinstance(error, FileNotFoundError) else 126)
        code = child.wait()
        if code == 0 or ended[0]:
            sys.exit(code if code >= 0 else 128 - code)
        child = None
        print(WAITS, file=sys.stderr, flush=True)
        while code_stamp(".") == before:
            time.sleep(PAUSE_SECONDS)


def code_stamp(folder: str) -> tuple[int, int]:
    """Of all Python files below: how many, and the newest change in nanoseconds."""
    count, newest = 0, 0
    for place, folders, names in os.walk(folder):
        folders[:] = [one for one in folders if one not in NOT_CODE and not one.startswith(".")]
        for name in names:
            if not name.endswith(".py"):
                continue
            try:
                newest = max(newest, os.stat(os.path.join(place, name)).st_mtime_ns)
            except OSError:
                continue  # gone meanwhile
            count += 1
    return count, newest


if __name__ == "__main__":
    main(sys.argv[1:])
