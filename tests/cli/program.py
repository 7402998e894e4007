"""The program as people run it: a process of its own, its exit code, stdout and stderr."""

import os
import stat
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Answer:
    code: int
    stdout: str
    stderr: str

    @property
    def last_line(self) -> str:
        return self.stdout.strip().splitlines()[-1]


@dataclass(frozen=True)
class Program:
    """`start` is how the program begins; `environ` comes on top of this process's, "" removes a variable."""

    environ: Mapping[str, str] = field(default_factory=dict)
    start: tuple[str, ...] = (sys.executable, "-m", "okamochi")

    def with_environ(self, **environ: str) -> "Program":
        return Program({**self.environ, **environ}, self.start)

    def __call__(
        self, *arguments: str | Path, timeout_seconds: float = 580, cwd: Path | None = None
    ) -> Answer:
        done = subprocess.run(
            (*self.start, *map(os.fspath, arguments)),
            capture_output=True,
            env=self.whole_environ,
            timeout=timeout_seconds,
            stdin=subprocess.DEVNULL,
            cwd=cwd,
            check=False,
        )
        return Answer(done.returncode, done.stdout.decode(), done.stderr.decode("utf-8", "replace"))

    def ok(self, *arguments: str | Path, timeout_seconds: float = 580) -> Answer:
        answer = self(*arguments, timeout_seconds=timeout_seconds)
        assert answer.code == 0, answer.stderr
        return answer

    @property
    def whole_environ(self) -> dict[str, str]:
        environ = {**os.environ, **self.environ}
        return {name: value for name, value in environ.items() if value}


def tree_of(folder: Path) -> dict[str, tuple[object, ...]]:
    """Everything below a folder: kind, mode, size, link target, time of change."""
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted(folder.rglob("*")):
        facts = path.lstat()
        target = str(path.readlink()) if path.is_symlink() else ""
        kind, mode = stat.S_IFMT(facts.st_mode), stat.S_IMODE(facts.st_mode)
        found[str(path.relative_to(folder))] = (kind, mode, facts.st_size, target, facts.st_mtime_ns)
    return found
