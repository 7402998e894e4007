"""prometheus_client in several workers: one folder of files in memory, empty at each start.

Without it each scrape meets another worker and counters jump. Values of an earlier start would be added to
the new ones, and gauges of workers that ended would stay.
"""

# pathlib would double the time of the imports:
# ruff: noqa: PTH103, PTH108, PTH118, PTH207

from __future__ import annotations

import glob
import importlib.util
import os
import tempfile
from collections.abc import MutableMapping

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
EMPTIED_BY = "OKAMOCHI_PROMETHEUS_EMPTIED_BY"


def prepare(environ: MutableMapping[str, str]) -> str:
    """The folder, empty; "" when the app has no prometheus_client, or set the variable to nothing."""
    if importlib.util.find_spec("prometheus_client") is None:
        return ""
    folder = environ.get(VARIABLE)
    if folder == "":
        return ""
    if folder is None:
        folder = os.path.join(tempfile.gettempdir(), "okamochi-prometheus")
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        if environ.get(EMPTIED_BY) != str(os.getpid()):  # not again at gunicorn's reload
            _remove(folder, "*.db")
    except OSError:
        return ""  # an unwritable folder is for the app to tell
    environ[VARIABLE], environ[EMPTIED_BY] = folder, str(os.getpid())
    return folder


def forget(pid: int, folder: str) -> None:
    """Takes an ended worker's gauges of living processes away, as prometheus_client's mark_process_dead
    does; counters stay."""
    _remove(folder, f"gauge_live*_{pid}.db")


def _remove(folder: str, pattern: str) -> None:
    for path in glob.glob(os.path.join(glob.escape(folder), pattern)):
        os.unlink(path)
