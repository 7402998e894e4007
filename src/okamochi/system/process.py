"""Other programs: started by argument list, never through a shell, and ended with their children."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO, Protocol, cast

import msgspec
from msgspec.structs import replace

from okamochi.errors import BuildError, EngineError, TransientRegistryError
from okamochi.system.http_pace import FLOOR_BYTES_PER_SECOND, WINDOW_SECONDS
from okamochi.system.meanwhile import meanwhile
from okamochi.system.patterns import regex
from okamochi.system.programs_under_way import UNDER_WAY
from okamochi.system.signals import Terminated

__all__ = [
    "Completed",
    "ProgramMissing",
    "ProgramTimeout",
    "Runner",
    "SubprocessRunner",
    "program_missing",
]

HOW_TO_GET = {
    "docker": "install Docker Engine (https://docs.docker.com/engine/install/), or choose another engine",
    "podman": "install podman (https://podman.io/docs/installation), or choose another engine",
    "uv": "reinstall okamochi: uv comes with it (or see https://docs.astral.sh/uv/)",
    "git": "install git with the package manager of this system",
}


LOGIN = regex(r"(?<=://)[^/\s]*@")
"""Of an address; a password may hold an @."""


class ProgramMissing(EngineError):
    """The program is not on PATH, or is there but cannot be started."""


class ProgramTimeout(EngineError):
    """The program did not end in time; it and its children were killed."""


class Completed(msgspec.Struct, frozen=True):
    """A program that ended. `returncode` is minus the number of the signal that ended it."""

    argv: tuple[str, ...]
    returncode: int
    stdout: bytes
    stderr: bytes

    @property
    def ok(self) -> bool:
        return self.returncode == 0

    @property
    def text(self) -> str:
        """What it wrote to stdout, without the white space around it."""
        return self.stdout.decode("utf-8", "replace").strip()

    @property
    def error_text(self) -> str:
        """What it wrote to stderr, without the white space around it."""
        return self.stderr.decode("utf-8", "replace").strip()

    @property
    def said(self) -> str:
        """Both, without white space around: what it wrote to stdout when it went well and wrote there, else
        stdout and stderr, since what it tells on its way must not hide why it failed."""
        if self.ok and self.text:
            return self.text
        return f"{self.text}\n{self.error_text}".strip()


class Runner(Protocol):
    """Starts programs. ProgramMissing when there is no such program; a failure of it is in `returncode`."""

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
        ends_trickle: bool = False,
    ) -> Completed:
        """Run to the end and keep what it wrote. `env` is the whole environment; None inherits ours.
        `merge_stderr`: what it writes to stderr comes in `stdout`, in the order of writing.
        BuildError for a program that writes more than `written_limit_bytes` (0: as much as it likes);
        `ends_trickle`: TransientRegistryError for one to which servers send a byte from time to time."""
        ...

    def feed(
        self,
        argv: Sequence[str],
        write: Callable[[BinaryIO], None],
        *,
        env: Mapping[str, str] | None = None,
        timeout_seconds: float = 600,
    ) -> Completed:
        """As `run`, while `write` streams into its stdin what is too large for memory (an image archive)."""
        ...

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
        """As `run`, from one open file into another: dumps of databases are too large for memory."""
        ...

    def passthrough(self, argv: Sequence[str], *, env: Mapping[str, str] | None = None) -> int:
        """Run on the user's own stdin, stdout and stderr; its exit code, 128 + n when signal n ended it."""
        ...

    def beside(
        self, argv: Sequence[str], *, env: Mapping[str, str] | None = None
    ) -> AbstractContextManager[None]:
        """Runs as long as that is entered, and is ended then; what it writes is nobody's."""
        ...

    def which(self, name: str) -> str | None:
        """The path of a program on PATH."""
        ...


class SubprocessRunner(msgspec.Struct, frozen=True):
    """The real one. Each program gets a process group, so that a time-out or Ctrl-C ends its children too."""

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
        ends_trickle: bool = False,
    ) -> Completed:
        stderr = subprocess.STDOUT if merge_stderr else subprocess.PIPE
        process = _start(argv, env, cwd, has_input=bool(stdin), stderr=stderr)
        with ExitStack() as watching:
            limit = trickle = None
            end = partial(kill_group, process)
            if written_limit_bytes:
                from okamochi.system.write_limit import WriteLimit

                limit = WriteLimit(process.pid, written_limit_bytes, end)
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
            with (
                deadline,
                suppress(BrokenPipeError),
                process.stdin,
            ):  # ended early: its exit code tells why
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
            process_group=0,
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


def program_missing(program: str, error: OSError) -> ProgramMissing:
    name = Path(program).name
    hint = HOW_TO_GET.get(name, f"install {name}, and see that it is on PATH")
    if isinstance(error, FileNotFoundError):
        return ProgramMissing(f"there is no program {program!r}", where="PATH", hint=hint)
    return ProgramMissing(f"{program!r} cannot be started: {error.strerror}", where=program, hint=hint)


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
