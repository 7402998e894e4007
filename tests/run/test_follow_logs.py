"""Several logs of the host engine on the terminal."""

import subprocess
import sys
from pathlib import Path

from okamochi.run.host import follow_logs


def test_lines_have_their_process_before_them_and_follow_a_log_that_is_moved(tmp_path: Path) -> None:
    web, worker = tmp_path / "web", tmp_path / "worker"
    web.write_text("one\ntwo\nthree\nhal")
    argv = (sys.executable, "-I", "-S", follow_logs.__file__, "2", f"web={web}", f"worker={worker}")
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        # what was there: its last two lines, the second one still being written
        assert [next(lines), next(lines)] == ["web  | three\n", "web  | hal\n"]
        with web.open("a") as stream:
            stream.write("f\n")
        assert next(lines) == "web  | f\n"
        worker.write_text("first\n")
        assert next(lines) == "worker  | first\n"
        with web.open("a") as stream:
            stream.write("last\n")
        web.rename(tmp_path / "web.1")
        web.write_text("anew\n")
        assert [next(lines), next(lines)] == ["web  | last\n", "web  | anew\n"]
        process.terminate()
