"""Whose code a traceback ends in."""

import pytest

from okamochi.run.traces import last_raised, last_trace, library_of_last_frame, raised_traces

TRACE = """Traceback (most recent call last):
  File "/app/app.py", line 1, in <module>
    import pyarrow
  File "/opt/venv/lib/python3.11/site-packages/pyarrow/__init__.py", line 59, in <module>
    from pyarrow.lib import BuildInfo
{}ImportError: pyarrow requires NumPy 2.0 or newer, found 1.24.2
"""


def test_compiled_sources_and_frozen_modules_are_no_files_of_the_app() -> None:
    for frame in (
        "",
        '  File "pyarrow/lib.pyx", line 42, in init pyarrow.lib\n',
        '  File "<frozen x>", line 1\n',
    ):
        assert library_of_last_frame(TRACE.format(frame)) == "pyarrow"
    assert library_of_last_frame(TRACE.format('  File "/app/late.py", line 1, in f\n')) == ""


@pytest.mark.parametrize(
    "before", ["", "[2026-11-30 03:09:13 +0000] [6] [ERROR] ", "ERROR:    ", "shop.web: "]
)
def test_a_traceback_may_stand_behind_what_a_logger_writes(before: str) -> None:
    """uvicorn tells so what a lifespan raises."""
    log = f"started\n{before}{TRACE.format('')}\n{before}Application startup failed. Exiting.\n"
    trace = last_trace(log)
    assert trace is not None
    assert trace.error == "ImportError: pyarrow requires NumPy 2.0 or newer, found 1.24.2"
    assert trace.text.startswith("Traceback")


def test_what_was_handled_behind_a_loggers_words_is_not_what_ended_it() -> None:
    handled = 'Traceback (most recent call last):\n  File "/app/a.py", line 1, in f\nKeyError: 1\n\n'
    during = "During handling of the above exception, another exception occurred:\n\n"
    log = f"[6] [ERROR] {handled}{during}{TRACE.format('')}"
    assert "KeyError" not in last_raised(log)
    assert [one.error.partition(":")[0] for one in raised_traces(log)] == ["ImportError"]


def test_a_word_in_a_sentence_is_no_traceback() -> None:
    assert last_trace("he said Traceback (most recent call last):\n  x\nError: y\n") is None
