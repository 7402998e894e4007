"""The real runner of programs: each in a session of its own, ended with its children."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

import msgspec
from msgspec.structs import replace

from okamochi.errors import BuildError, EngineError, TransientRegistryError
from okamochi.system.http_pace import FLOOR_BYTES_PER_SECOND, WINDOW_SECONDS
from okamochi.system.meanwhile import meanwhile
from okamochi.system.patterns import regex
from okamochi.system.process import Completed, ProgramTimeout, program_missing
from okamochi.system.programs_under_way import UNDER_WAY
from okamochi.system.signals import Terminated

__all__ = ["SubprocessRunner"]

LOGIN = regex(r"(?<=://)[^/\s]*@")
"""Of an address; a password may hold an @."""


class SubprocessRunner(msgspec.Struct, frozen=True):
    """The real one. Each program gets a session, so that a time-out or Ctrl-C ends its children too, and has
    no terminal: on the user's, code that is kept in could type commands or show what it likes."""

    kill_wait_seconds: float = 5
    trickle_window_seconds: float = WINDOW_SECONDS

    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        timeout_seconds: float = 600,
        merge_stderr: bool = False,
        written_limit_bytes: int = 0,
        written_below: tuple[Path, ...] = (),
        ends_trickle: bool = False,
    ) -> Completed:
        stderr = subprocess.STDOUT if merge_stderr else subprocess.PIPE
        process = _start(argv, env, cwd, has_input=bool(stdin), stderr=stderr)
        with ExitStack() as watching:
            limit = trickle = None
            end = partial(kill_group, process)
            if written_limit_bytes:
                from okamochi.system.write_limit import WriteLimit, held_below, written_by

                counted = (
                    partial(held_below, written_below) if written_below else partial(written_by, process.pid)
                )
                limit = WriteLimit(counted, written_limit_bytes, end)
                watching.enter_context(meanwhile(limit.watch))
            if ends_trickle:
                from okamochi.system.trickle import Trickle

                trickle = Trickle(process.pid, end, window_seconds=self.trickle_window_seconds)
                watching.enter_context(meanwhile(trickle.watch))
            completed = self._finish(process, tuple(argv), stdin or None, timeout_seconds)
        if limit is not None and limit.passed:
            raise _wrote_too_much(argv[0], written_limit_bytes)
        if trickle is not None and trickle.passed:
            raise _waited_too_long(argv[0])
        return completed

    def feed(
        self,
        argv: Sequence[str],
        write: Callable[[BinaryIO], None],
        *,
        env: Mapping[str, str] | None = None,
        timeout_seconds: float = 600,
    ) -> Completed:
        import tempfile

        # its output goes to files, since nobody reads pipes while we write
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = _start(argv, env, None, has_input=True, stdout=out, stderr=err)
            deadline = Deadline(process, timeout_seconds)
            self._write(process, write, deadline)
            completed = self._finish(process, tuple(argv), None, deadline.left_seconds)
            if deadline.passed:
                raise _timed_out(tuple(argv), timeout_seconds, completed.stderr)
            out.seek(0)
            err.seek(0)
            return replace(completed, stdout=out.read(), stderr=err.read())

    def stream(
        self,
        argv: Sequence[str],
        *,
        source: BinaryIO | None = None,
        into: BinaryIO | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        timeout_seconds: float = 3600,
    ) -> Completed:
        process = _start(
            argv, env, cwd, has_input=False, stdin=source, stdout=subprocess.PIPE if into is None else into
        )
        return self._finish(process, tuple(argv), None, timeout_seconds)

    def passthrough(self, argv: Sequence[str], *, env: Mapping[str, str] | None = None) -> int:
        with _start_errors(argv, None):
            process = subprocess.Popen(tuple(argv), env=env)
        while True:
            try:
                code = process.wait()
                break
            except Terminated:  # was sent to us alone
                process.terminate()
            except KeyboardInterrupt:  # Ctrl-C reached the program as well: it decides how to end
                continue
        return code if code >= 0 else 128 - code

    @contextmanager
    def beside(self, argv: Sequence[str], *, env: Mapping[str, str] | None = None) -> Iterator[None]:
        nowhere = subprocess.DEVNULL
        process = _start(argv, env, None, has_input=False, stdout=nowhere, stderr=nowhere)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(self.kill_wait_seconds)
            except subprocess.TimeoutExpired:
                self._kill(process)
            UNDER_WAY.discard(process.pid)

    def which(self, name: str) -> str | None:
        import shutil

        return shutil.which(name)

    def _write(
        self, process: subprocess.Popen[bytes], write: Callable[[BinaryIO], None], deadline: "Deadline"
    ) -> None:
        assert process.stdin is not None
        try:
            with deadline, suppress(BrokenPipeError), process.stdin:  # ended early: its exit code tells why
                write(cast(BinaryIO, process.stdin))
        except BaseException:
            self._kill(process)
            UNDER_WAY.discard(process.pid)
            raise
        process.stdin = None

    def _finish(
        self,
        process: subprocess.Popen[bytes],
        argv: tuple[str, ...],
        stdin: bytes | None,
        timeout_seconds: float,
    ) -> Completed:
        try:
            stdout, stderr = process.communicate(stdin, timeout=timeout_seconds)
        except subprocess.TimeoutExpired as error:
            self._kill(process)
            raise _timed_out(argv, timeout_seconds, error.stderr) from error
        except BaseException:
            self._kill(process)
            raise
        finally:
            UNDER_WAY.discard(process.pid)
        return Completed(argv, process.returncode, stdout or b"", stderr or b"")

    def _kill(self, process: subprocess.Popen[bytes]) -> None:
        kill_group(process)
        # a grandchild in a session of its own may hold the pipes open: do not wait for it
        with suppress(subprocess.TimeoutExpired, OSError, ValueError):
            process.communicate(timeout=self.kill_wait_seconds)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with suppress(OSError):
                    stream.close()


class Deadline:
    """While entered, a thread ends the process when its time is over, though we block in a write to it."""

    def __init__(self, process: subprocess.Popen[bytes], timeout_seconds: float) -> None:
        self.end = time.monotonic() + timeout_seconds
        self.timer = threading.Timer(timeout_seconds, kill_group, (process,))
        self.timer.daemon = True

    def __enter__(self) -> None:
        self.timer.start()

    def __exit__(self, *_: object) -> None:
        self.timer.cancel()

    @property
    def left_seconds(self) -> float:
        return max(self.end - time.monotonic(), 1)

    @property
    def passed(self) -> bool:
        return time.monotonic() >= self.end


def kill_group(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def _start(
    argv: Sequence[str],
    env: Mapping[str, str] | None,
    cwd: Path | None,
    *,
    has_input: bool,
    stdin: BinaryIO | None = None,
    stdout: int | BinaryIO = subprocess.PIPE,
    stderr: int | BinaryIO = subprocess.PIPE,
) -> subprocess.Popen[bytes]:
    with _start_errors(argv, cwd):
        process = subprocess.Popen(
            tuple(argv),
            stdin=subprocess.PIPE if has_input else stdin or subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env=env,
            cwd=cwd,
            start_new_session=True,
        )
    UNDER_WAY.add(process.pid)
    return process


class _start_errors:
    """Turns what starting a program raises into ProgramMissing."""

    def __init__(self, argv: Sequence[str], cwd: Path | None) -> None:
        self.argv = tuple(argv)
        self.cwd = cwd

    def __enter__(self) -> None:
        if not self.argv:
            raise ValueError("an empty argument list starts no program")

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, OSError):
            return
        if self.cwd is not None and not self.cwd.is_dir():
            raise EngineError(
                f"{self.argv[0]} cannot be started in a folder that does not exist",
                where=os.fspath(self.cwd),
                hint="the folder was removed meanwhile; try again",
            ) from error
        raise program_missing(self.argv[0], error) from error


def _wrote_too_much(program: str, limit_bytes: int) -> BuildError:
    return BuildError(
        f"{Path(program).name} wrote more than {limit_bytes:,} bytes and was stopped",
        where=program,
        hint="something that it unpacks grows beyond reason: it is damaged or hostile, take it out",
    )


def _waited_too_long(program: str) -> TransientRegistryError:
    return TransientRegistryError(
        f"{Path(program).name} receives less than {FLOOR_BYTES_PER_SECOND:,} bytes a second, and was stopped",
        where=program,
        hint="use another mirror or index, or try again later",
    )


def _timed_out(argv: tuple[str, ...], timeout_seconds: float, stderr: bytes | None) -> ProgramTimeout:
    lines = (stderr or b"").decode("utf-8", "replace").splitlines()
    return ProgramTimeout(
        f"{Path(argv[0]).name} did not end within {timeout_seconds:g} seconds, and was stopped",
        where=LOGIN.sub("", " ".join(argv))[:300],
        hint="see whether it answers when you run it by hand, then try again",
        details=tuple(lines[-10:]),
    )
