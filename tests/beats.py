"""What runs until its time is over, and says all the while that it runs."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from okamochi.system.process import ProgramTimeout

BEATS = (
    "import os, time\nwhile True:\n    open('beats-%d' % os.getpid(), 'a').write('.')\n    time.sleep(0.05)\n"
)


def beats_after_the_end(kept_in: Callable[[Path, float], object], folder: Path, *, processes: int) -> bool:
    """Whether something still beats after `kept_in` has run code that ends in BEATS, given its folder and its
    seconds, out of time. A machine so busy that not all `processes` had begun by then gets more of it."""
    for seconds in (3, 15, 60):
        build = folder / f"within-{seconds}"
        with pytest.raises(ProgramTimeout):
            kept_in(build, seconds)
        beats = {path: path.read_text() for path in build.glob("beats-*")}
        if len(beats) == processes:
            break
    assert len(beats) == processes
    time.sleep(1)
    return any(path.read_text() != before for path, before in beats.items())
