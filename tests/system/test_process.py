"""Other programs, started for real."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import pytest

from okamochi.errors import BuildError, EngineError
from okamochi.system.process import Completed, ProgramMissing, ProgramTimeout
from okamochi.system.subprocess_runner import SubprocessRunner
from tests.recorded_runner import RecordedRunner, answer

RUNNER = SubprocessRunner()


def test_input_output_and_exit_code_of_a_program_are_kept() -> None:
    script = "import sys; sys.stdout.write(sys.stdin.read().upper()); sys.stderr.write('e'); sys.exit(3)"
    completed = RUNNER.run((sys.executable, "-c", script), stdin=b"in")
    assert (completed.stdout, completed.stderr, completed.returncode) == (b"IN", b"e", 3)
    assert not completed.ok


def test_an_argument_is_never_read_by_a_shell() -> None:
    assert RUNNER.run(("echo", "$HOME; `id`")).text == "$HOME; `id`"


def test_a_program_without_input_does_not_wait_for_the_terminal() -> None:
    assert RUNNER.run(("cat",), timeout_seconds=20).stdout == b""


def test_the_environment_given_is_the_whole_environment() -> None:
    assert RUNNER.run(("/usr/bin/env",), env={"ONLY": "this"}).text == "ONLY=this"


def test_a_missing_program_is_named_with_how_to_get_it() -> None:
    with pytest.raises(ProgramMissing) as raised:
        RUNNER.run(("no-such-program-at-all",))
    assert "no-such-program-at-all" in raised.value.message
    assert "install" in raised.value.hint


def test_a_file_that_is_no_program_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    with pytest.raises(ProgramMissing, match="cannot be started"):
        RUNNER.run((os.fspath(tmp_path / "text"),))


def test_a_missing_working_folder_is_not_taken_for_a_missing_program(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="folder that does not exist"):
        RUNNER.run(("true",), cwd=tmp_path / "gone")


def test_a_program_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    note, script = tmp_path / "child", tmp_path / "script.py"
    script.write_text(
        "import subprocess, sys, time, pathlib\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"pathlib.Path({os.fspath(note)!r}).write_text(str(child.pid))\n"
        "time.sleep(60)\n"
    )
    # a file, so that the address stands in the part that is told, however long the paths are
    with pytest.raises(ProgramTimeout, match="within 3 seconds") as caught:
        RUNNER.run((sys.executable, str(script), "https://me:half@secret@host/x"), timeout_seconds=3)
    assert "https://host/x" in caught.value.where
    child = int(note.read_text())
    assert ends_within(child, seconds=5)


def ends_within(pid: int, *, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            status = Path(f"/proc/{pid}/stat").read_text()
        except FileNotFoundError:
            return True
        if status.rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="nobody counts what a program writes")
def test_a_program_that_writes_without_end_is_stopped(tmp_path: Path) -> None:
    place = tmp_path / "much"
    endless = f"stream = open({str(place)!r}, 'wb')\nwhile True: stream.write(bytes(100_000))"
    with pytest.raises(BuildError, match="wrote more than 1,000,000 bytes and was stopped"):
        RUNNER.run((sys.executable, "-c", endless), written_limit_bytes=1_000_000, timeout_seconds=60)
    size = place.stat().st_size
    assert size > 1_000_000
    time.sleep(0.2)
    assert place.stat().st_size == size
    done = RUNNER.run((sys.executable, "-c", "print('little')"), written_limit_bytes=1_000_000)
    assert (done.ok, done.text) == (True, "little")


def test_a_stream_can_be_fed_into_a_program_that_answers_more_than_a_pipe_holds() -> None:
    def write(stream: BinaryIO) -> None:
        for _ in range(64):
            stream.write(b"x" * 65536)

    completed = RUNNER.feed(("cat",), write)
    assert completed.ok
    assert len(completed.stdout) == 64 * 65536


def test_a_program_that_ends_before_it_was_fed_tells_why() -> None:
    def write(stream: BinaryIO) -> None:
        for _ in range(64):
            stream.write(b"x" * 65536)

    script = "import sys; sys.stderr.write('no space'); sys.exit(9)"
    completed = RUNNER.feed((sys.executable, "-c", script), write)
    assert (completed.returncode, completed.stderr) == (9, b"no space")


def test_a_program_that_stops_reading_is_ended_in_time() -> None:
    def write(stream: BinaryIO) -> None:
        for _ in range(64):
            stream.write(b"x" * 65536)

    started = time.monotonic()
    with pytest.raises(ProgramTimeout):
        RUNNER.feed(("sleep", "60"), write, timeout_seconds=1)
    assert time.monotonic() - started < 60  # which is the program's own time


def test_what_the_feeder_raises_ends_the_program_and_passes() -> None:
    def write(stream: BinaryIO) -> None:
        raise RuntimeError("broken layer")

    with pytest.raises(RuntimeError, match="broken layer"):
        RUNNER.feed(("cat",), write)


def test_passing_through_gives_the_exit_code_as_a_shell_would() -> None:
    assert RUNNER.passthrough(("sh", "-c", "exit 5")) == 5
    assert RUNNER.passthrough(("sh", "-c", "kill -TERM $$")) == 128 + 15


def test_output_and_errors_come_in_the_order_of_writing_when_merged() -> None:
    code = "import os; os.write(1, b'1'); os.write(2, b'2'); os.write(1, b'3')"
    done = SubprocessRunner().run((sys.executable, "-c", code), merge_stderr=True)
    assert (done.stdout, done.stderr) == (b"123", b"")


def test_sigterm_to_us_is_passed_on_to_the_program_on_the_users_terminal() -> None:
    program = (sys.executable, "-c", "import time; time.sleep(30)")
    code = (
        "from okamochi.system.subprocess_runner import SubprocessRunner\n"
        "from okamochi.system.signals import terminable\n"
        "with terminable():\n"
        "    print('ready', flush=True)\n"
        f"    raise SystemExit(SubprocessRunner().passthrough({program!r}))\n"
    )
    with subprocess.Popen((sys.executable, "-c", code), stdout=subprocess.PIPE) as running:
        assert running.stdout is not None and running.stdout.readline() == b"ready\n"
        time.sleep(0.5)
        running.terminate()
        assert running.wait(10) == 143


def test_recorded_answers_are_found_by_the_longest_beginning() -> None:
    runner = RecordedRunner({("docker", "version"): answer("29.0"), ("docker",): answer(returncode=1)})
    assert runner.run(("docker", "version", "--format", "x")).text == "29.0"
    assert runner.run(("docker", "info")).returncode == 1
    assert runner.calls == [("docker", "version", "--format", "x"), ("docker", "info")]


def test_a_program_without_recorded_answers_is_missing() -> None:
    runner = RecordedRunner({("docker", "version"): answer("29.0")})
    assert runner.which("podman") is None
    with pytest.raises(ProgramMissing):
        runner.run(("podman", "version"))


def test_a_call_that_no_answer_covers_is_a_mistake_of_the_test() -> None:
    with pytest.raises(AssertionError, match="no answer is recorded"):
        RecordedRunner({("docker", "version"): answer()}).run(("docker", "ps"))


def test_what_a_failed_program_told_on_its_way_does_not_hide_its_error() -> None:
    assert Completed(("a",), 1, b"starting\n", b"it broke\n").said == "starting\nit broke"
    assert Completed(("a",), 0, b"content\n", b"a warning\n").said == "content"
    assert Completed(("a",), 0, b"", b"a warning\n").said == "a warning"


# One that waits in a thread while the main thread does something else, as a build does.
BUSY = """
import sys, threading, time
from okamochi.cli.ending import exit_code_of
from okamochi.system.subprocess_runner import SubprocessRunner
from okamochi.system.standard_streams import open_standard_streams

def work():
    open_standard_streams()
    threading.Thread(target=lambda: SubprocessRunner().run({argv!r}), daemon={daemon}).start()
    print("begun", flush=True)
    while True:
        time.sleep(0.1)

sys.exit(exit_code_of(work))
"""


def busy(argv: tuple[str, ...], *, daemon: bool) -> tuple[str, ...]:
    return (sys.executable, "-c", BUSY.format(argv=argv, daemon=daemon))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("daemon", [True, False])
@pytest.mark.parametrize("nested", [True, False])
def test_who_interrupts_us_alone_ends_what_runs_in_threads_too(
    tmp_path: Path, number: int, daemon: bool, nested: bool
) -> None:
    pid = tmp_path / "pid"
    inner = ("sh", "-c", f'echo $$ >"{pid}.part" && mv "{pid}.part" "{pid}" && exec sleep 300')
    argv = busy(inner, daemon=daemon)
    if nested:
        argv = busy(argv, daemon=daemon)
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            until(pid.exists)
            process.send_signal(number)
            assert process.wait(timeout=20) == 128 + number
        finally:
            process.kill()
    until(lambda: not Path(f"/proc/{pid.read_text().strip()}/cmdline").exists())


def test_a_terminal_that_is_closed_ends_what_runs_for_us(tmp_path: Path) -> None:
    """It reaches the session's leader and who is in the foreground; our programs have their own sessions."""
    pid = tmp_path / "pid"
    inner = ("sh", "-c", f'echo $$ >"{pid}.part" && mv "{pid}.part" "{pid}" && exec sleep 300')
    child, terminal = os.forkpty()
    if child == 0:
        os.execv(sys.executable, busy(inner, daemon=True))
    try:
        until(pid.exists)
        os.close(terminal)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    assert code == 128 + signal.SIGHUP
    until(lambda: not Path(f"/proc/{pid.read_text().strip()}/cmdline").exists())


def test_programs_have_no_terminal(tmp_path: Path) -> None:
    """On the user's, code that is kept in could type commands into the shell (ioctl_tty(2), TIOCSTI)."""
    found = tmp_path / "found"
    opening = f"exec 2>/dev/null; (: </dev/tty) && echo terminal >{found} || echo none >{found}"
    code = f"""
from okamochi.system.subprocess_runner import SubprocessRunner
open("/dev/tty").close()
SubprocessRunner().run(("sh", "-c", {opening!r}))
"""
    child, terminal = os.forkpty()
    if child == 0:
        os.execv(sys.executable, (sys.executable, "-c", code))
    try:
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    finally:
        os.close(terminal)
    assert found.read_text() == "none\n"


def test_what_is_ignored_when_we_start_stays_ignored() -> None:
    code = (
        "import signal\n"
        "from okamochi.system.signals import terminable\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does\n"
        "with terminable():\n"
        "    signal.raise_signal(signal.SIGHUP)\n"
        "print('went on')\n"
    )
    done = subprocess.run((sys.executable, "-c", code), capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"went on\n"), done.stderr


def until(fulfilled: Callable[[], bool]) -> None:
    for _ in range(300):
        if fulfilled():
            return
        time.sleep(0.1)
    raise AssertionError("that did not happen within 30 seconds")


def test_what_runs_beside_ends_with_the_block_that_needs_it(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    with SubprocessRunner().beside(("sh", "-c", f"echo $$ > {mark}; exec sleep 100")):
        for _ in range(500):
            if mark.exists() and mark.read_text().strip():
                break
            time.sleep(0.01)
        number = int(mark.read_text())
        os.kill(number, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)
