"""Where uv's program lies, asked by several threads at once."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import uv

from okamochi.pypi.uv_program import uv_path


def test_one_thread_at_a_time_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's sysconfig gave a second thread what the first had half read: a TypeError in a build."""
    alone = threading.Lock()

    def find() -> str:
        assert alone.acquire(blocking=False), "two threads at once"
        time.sleep(0.02)
        alone.release()
        return "/bin/uv"

    monkeypatch.setattr(uv, "find_uv_bin", find)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: uv_path(), range(4))) == {"/bin/uv"}
