"""How the fast path leaves the process."""

import subprocess
import sys

import pytest

THREAD = "import threading; threading.Timer(0.2, print, ('thread',)).start()"


@pytest.mark.parametrize(("first", "said"), [("pass", "said finished"), (THREAD, "said thread finished")])
def test_what_has_to_be_done_at_the_end_is_done(first: str, said: str) -> None:
    program = (
        f"import atexit\nfrom okamochi.cli.ending import leave\natexit.register(print, 'finished')\n{first}\n"
        "print('said')\nleave(3)\n"
    )
    done = subprocess.run((sys.executable, "-c", program), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split(), done.stderr) == (3, said.split(), "")


def test_an_interruption_while_modules_are_imported_is_no_traceback() -> None:
    program = (
        "import sys\nfrom okamochi import __main__\n"
        "def interrupted():\n    raise KeyboardInterrupt\n"
        "__main__.import_msgspec = interrupted\nsys.argv = ['okamochi', 'plan']\nsys.exit(__main__.main())\n"
    )
    done = subprocess.run((sys.executable, "-c", program), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "\ninterrupted\n")
