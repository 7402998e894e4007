"""What the log of an app that serves tells of, as Docker 20.10 and gunicorn 25 really wrote it."""

from okamochi.run.diagnose import diagnose
from okamochi.run.log_troubles import troubles

UPLOAD = """\
Traceback (most recent call last):
  File "/app/app.py", line 31, in up
    f = request.files["f"]
  File "/opt/venv/lib/python3.13/site-packages/werkzeug/formparser.py", line 398, in parse
    _write(event.data)
  File "/usr/lib/python3.13/tempfile.py", line 1037, in write
    rv = file.write(s)
OSError: [Errno 28] No space left on device
"""
KILLED = (
    "[2026-11-30 21:21:24 +0000] [1] [WARNING] okamochi: 487 of 512 MiB are in use: one worker less, 2 now\n"
    "[2026-11-30 21:21:27 +0000] [1] [ERROR] Worker (pid:9) was sent SIGKILL! Perhaps out of memory?\n"
)


def test_an_upload_that_fills_the_temporary_folder_is_told_with_the_way_to_a_volume() -> None:
    for found in (troubles(UPLOAD)[0], diagnose(UPLOAD)):
        assert found is not None
        assert "/tmp" in found.text and "64 MB" in found.text
        assert "TMPDIR" in found.hint
        assert found.where == "/app/app.py:31"


def test_a_full_disk_is_another_matter() -> None:
    (found,) = troubles("OSError: [Errno 28] No space left on device: '/app/uploads/a.bin'\n")
    assert "/app/uploads/a.bin" in found.text and "TMPDIR" not in found.hint


def test_workers_that_are_killed_are_counted() -> None:
    (found,) = troubles(KILLED + KILLED.replace("pid:9", "pid:12"))
    assert found.text.startswith("2 workers of gunicorn were killed")
    assert "memory" in found.hint


def test_a_calm_log_tells_nothing() -> None:
    assert troubles("[2026-11-30 21:21:24 +0000] [1] [INFO] Booting worker with pid: 9\n") == ()
