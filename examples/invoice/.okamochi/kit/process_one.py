"""Is process 1 a shell that will not pass SIGTERM on to us?

The kernel drops signals that process 1 does not handle, and shells handle no SIGTERM: such a container is
killed after its whole grace period, in the middle of requests. An example:
`CMD ["sh", "-c", "migrate && gunicorn ..."]`.
"""

# pathlib would double the time of the imports:
# ruff: noqa: PTH118, PTH123

from __future__ import annotations

import os

SHELLS = ("ash", "bash", "busybox", "dash", "ksh", "mksh", "sh", "zsh")
SIGTERM_BIT = 1 << 14


def verdict(root: str = "/", parent: int | None = None) -> str:
    """Nothing when all is well, "refuse" when SIGTERM is certainly lost, "warn" when it may be."""
    parent = os.getppid() if parent is None else parent
    comm = _read(os.path.join(root, "proc/1/comm")).strip()
    if parent != 1 or comm not in SHELLS:
        return ""
    words = _read(os.path.join(root, "proc/1/cmdline")).split("\0")
    if not any(word and not word.startswith("-i") for word in words[1:]):
        return "warn"  # somebody's interactive shell
    caught = _read(os.path.join(root, "proc/1/status")).partition("SigCgt:")[2].split("\n")[0].strip()
    if not caught:
        return "warn"
    return "warn" if int(caught, 16) & SIGTERM_BIT else "refuse"


def explanation(root: str = "/") -> str:
    shell = _read(os.path.join(root, "proc/1/comm")).strip()
    return (
        f"process 1 is {shell}, which does not pass SIGTERM on: the container would be killed in the middle "
        "of requests. Start the server itself (exec form of CMD), or write 'exec' before it"
    )


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return ""
