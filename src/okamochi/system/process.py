"""Other programs, as all code asks for them: by argument list, never through a shell."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, Protocol

import msgspec

from okamochi.errors import EngineError
from okamochi.system.file_systems import forbids_programs

__all__ = ["Completed", "ProgramMissing", "ProgramTimeout", "Runner", "program_missing"]

HOW_TO_GET = {
    "docker": "install Docker Engine (https://docs.docker.com/engine/install/), or choose another engine",
    "podman": "install podman (https://podman.io/docs/installation), or choose another engine",
    "uv": "reinstall okamochi: uv comes with it (or see https://docs.astral.sh/uv/)",
    "git": "install git with the package manager of this system",
}

NO_PROGRAMS_HERE = (
    "no program may be started from that file system (it is mounted noexec): set OKAMOCHI_CACHE_DIR and "
    "OKAMOCHI_STATE_DIR to folders on another"
)


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
        written_below: tuple[Path, ...] = (),
        ends_trickle: bool = False,
    ) -> Completed:
        """Run to the end and keep what it wrote. `env` is the whole environment; None inherits ours.
        `merge_stderr`: what it writes to stderr comes in `stdout`, in the order of writing.
        BuildError for a program that writes more than `written_limit_bytes` (0: as much as it likes), or with
        whose children the folders of `written_below` come to hold more;
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


def program_missing(program: str, error: OSError) -> ProgramMissing:
    name = Path(program).name
    hint = HOW_TO_GET.get(name, f"install {name}, and see that it is on PATH")
    if isinstance(error, FileNotFoundError):
        return ProgramMissing(f"there is no program {program!r}", where="PATH", hint=hint)
    if isinstance(error, PermissionError) and forbids_programs(Path(program)):
        hint = NO_PROGRAMS_HERE
    return ProgramMissing(f"{program!r} cannot be started: {error.strerror}", where=program, hint=hint)
