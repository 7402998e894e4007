"""A runner that starts nothing and answers as it was told."""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec.structs import replace

from okamochi.system.process import Completed, program_missing


class RecordedRunner(msgspec.Struct, frozen=True):
    """Answers by the longest matching beginning of an argument list, and keeps `calls`.

    A program with no answer at all is missing; a call that no answer covers is a mistake of the test.
    """

    answers: Mapping[tuple[str, ...], Completed]
    calls: list[tuple[str, ...]] = msgspec.field(default_factory=list)
    inputs: list[bytes] = msgspec.field(default_factory=list)

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
        call = tuple(argv)
        self.calls.append(call)
        self.inputs.append(stdin)
        if self.which(call[0]) is None:
            raise program_missing(call[0], FileNotFoundError(2, "No such file or directory"))
        prefixes = (call[:length] for length in range(len(call), 0, -1))
        found = next((self.answers[prefix] for prefix in prefixes if prefix in self.answers), None)
        if found is None:
            raise AssertionError(f"no answer is recorded for {call}")
        if merge_stderr:
            found = replace(found, stdout=found.stdout + found.stderr, stderr=b"")
        return replace(found, argv=call)

    def feed(
        self,
        argv: Sequence[str],
        write: Callable[[BinaryIO], None],
        *,
        env: Mapping[str, str] | None = None,
        timeout_seconds: float = 600,
    ) -> Completed:
        stream = io.BytesIO()
        write(stream)
        return self.run(argv, stdin=stream.getvalue(), env=env, timeout_seconds=timeout_seconds)

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
        done = self.run(argv, stdin=source.read() if source else b"", env=env)
        if into is not None:
            into.write(done.stdout)
        return done

    def passthrough(self, argv: Sequence[str], *, env: Mapping[str, str] | None = None) -> int:
        return self.run(argv, env=env).returncode

    @contextmanager
    def beside(self, argv: Sequence[str], *, env: Mapping[str, str] | None = None) -> Iterator[None]:
        self.run(argv, env=env)
        yield

    def which(self, name: str) -> str | None:
        known = any(prefix[0] == name for prefix in self.answers)
        return f"/usr/bin/{Path(name).name}" if known else None


def answer(stdout: bytes | str = b"", *, returncode: int = 0, stderr: bytes | str = b"") -> Completed:
    """A Completed for RecordedRunner: `{("docker", "version"): answer("29.0")}`."""
    as_bytes = [part.encode() if isinstance(part, str) else part for part in (stdout, stderr)]
    return Completed((), returncode, as_bytes[0], as_bytes[1])
