"""Whose code a traceback ends in."""

from okamochi.run.traces import library_of_last_frame

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
