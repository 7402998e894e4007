import subprocess
import sys

import pytest

from okamochi import __version__


def test_version_is_answered_without_the_command_line_library() -> None:
    code = (
        "import sys; sys.argv = ['okamochi', '--version']; from okamochi.__main__ import main; main();"
        "print(sorted({'click', 'rich', 'msgspec', 'urllib3'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"okamochi {__version__}", "[]"]


def test_help_lists_every_command() -> None:
    from okamochi.cli.main import COMMANDS

    done = subprocess.run(
        [sys.executable, "-m", "okamochi", "--help"], capture_output=True, text=True, check=True
    )
    assert all(name in done.stdout for name in COMMANDS)


INTERRUPTED = """\
import os, signal, sys
from okamochi.__main__ import import_msgspec

calls = 0

def strike(frame, event, argument):
    global calls
    calls += 1
    if calls == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGINT)

sys.settrace(strike)
try:
    import_msgspec()
except KeyboardInterrupt:
    print("interrupted")
sys.settrace(None)
import msgspec
print(msgspec.json.decode(b"[1]", type=tuple[int, ...] | None), signal.getsignal(signal.SIGINT).__name__)
"""


@pytest.mark.parametrize("call", range(20, 420, 40))
def test_ctrl_c_while_msgspec_is_imported_is_heard_once_it_is(call: int) -> None:
    """It took an interrupt for the lack of a module, went on, and crashed later (signal 11)."""
    command = (sys.executable, "-c", INTERRUPTED, str(call))
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, "interrupted\n(1,) default_int_handler\n"), done.stderr
