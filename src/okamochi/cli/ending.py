"""How a command ends: errors become messages and exit codes."""

import atexit
import os
import sys
import threading
from collections.abc import Callable
from typing import NoReturn

from okamochi.errors import OkamochiError
from okamochi.system.programs_under_way import UNDER_WAY
from okamochi.system.signals import Terminated, terminable

__all__ = ["INTERRUPTED", "exit_code_of", "leave", "reader_gone"]

INTERRUPTED = 130
BUG = 70


def exit_code_of(work: Callable[[], int]) -> int:
    """What `work` answers, else the code of its error's kind (see okamochi.errors); 130 after Ctrl-C, 143
    after SIGTERM, 129 when the terminal went away."""
    try:
        with terminable():
            return work()
    except BrokenPipeError:
        return reader_gone()
    except KeyboardInterrupt as error:
        UNDER_WAY.end_for_good()
        ended = next((one for one in (error, error.__cause__) if isinstance(one, Terminated)), None)
        told = f"ended by {ended.number.name}" if ended else "interrupted"
        print(
            f"\n{told}; what was finished stays in the cache, run the same command to go on", file=sys.stderr
        )
        return 128 + ended.number if ended else INTERRUPTED
    except OkamochiError as error:
        from okamochi.cli.console import print_error

        print_error(error)
        return error.exit_code
    except OSError as error:
        return refused(error)
    except Exception:
        return bug()


def leave(code: int) -> NoReturn:
    """Ends the process with that code. What has to be done at its end is done, but modules are not taken
    apart one by one, which would be a twentieth of a build after an edit. Threads end as usual."""
    if threading.active_count() == 1:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def refused(error: OSError) -> int:
    """The machine's refusals are told as such; the answer may be what could not be written."""
    from okamochi.cli.console import print_error
    from okamochi.cli.refusals import refusal

    told = refusal(error)
    if told is None:
        return bug()
    try:
        sys.stdout.flush()
    except OSError:
        lose_stdout()
    print_error(told)
    return told.exit_code


def bug() -> int:
    """What nobody expected is shown whole."""
    import traceback

    traceback.print_exc()
    print("\nthis is a bug in okamochi; please report it with the lines above", file=sys.stderr)
    return BUG


def reader_gone() -> int:
    """Whoever read stdout went away, as `head` does: nothing is wrong."""
    lose_stdout()
    return 0


def lose_stdout() -> None:
    """What is written from now on is lost; Python would try it once more at its end, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
