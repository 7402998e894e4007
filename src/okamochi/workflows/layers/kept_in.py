"""The Python of a base image that compiles code for it: a stranger's program, started as such."""

import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from okamochi.build.bytecode import CLEAN_ENVIRONMENT, Interpreter
from okamochi.errors import BuildError
from okamochi.run.engine import NotIsolated
from okamochi.run.host.isolated import Limits, isolated

if TYPE_CHECKING:
    from okamochi.system.process import Runner

__all__ = ["KeptIn"]

SOURCES = "/tmp/sources"


class KeptIn(Interpreter, frozen=True):
    """In the image's own root, without network, as nobody. `python` is its place in `root`; `argv` starts it
    from outside, by the image's own loader: that is done where this machine can keep nothing in and the image
    is `official`, the one that okamochi itself would take."""

    root: str = ""
    python: str = ""
    official: bool = False

    def run(self, runner: "Runner", program: str, stdin: bytes, *, timeout_seconds: float = 900) -> bytes:
        with tempfile.TemporaryDirectory(prefix="okamochi-sources-") as name:
            folder = Path(name) / "sources"
            folder.mkdir()
            folder.chmod(0o755)
            fields = stdin.split(b"\0")[:-1]
            asked: list[bytes] = []
            for number, (source, place) in enumerate(zip(fields[::2], fields[1::2], strict=True)):
                make_readable(Path(os.fsdecode(source)), folder / str(number))
                asked += (f"{SOURCES}/{number}".encode(), place)
            try:
                done = isolated(
                    runner,
                    Path(self.root),
                    (f"/{self.python}", *self.options(program)),
                    environment=CLEAN_ENVIRONMENT,
                    binds=((folder, SOURCES, False),),
                    stdin=b"\0".join((*asked, b"")),
                    merge_stderr=False,
                    limits=Limits(timeout_seconds=timeout_seconds),
                )
            except NotIsolated as refusal:
                if self.official:
                    return super().run(runner, program, stdin, timeout_seconds=timeout_seconds)
                raise BuildError(
                    "the base image's own Python compiles the code, and this machine cannot keep it in",
                    where=self.root,
                    hint=f"{refusal.hint}, or take another base: an official python image, or Debian's "
                    'packages ([tool.okamochi] base = "debian")',
                ) from refusal
        return self.answer_of(done)


def make_readable(source: Path, place: Path) -> None:
    """For another user, without a change of the file itself."""
    if source.stat().st_mode & stat.S_IROTH:
        try:
            os.link(source, place)
        except OSError:  # on another file system
            pass
        else:
            return
    shutil.copyfile(source, place)
    place.chmod(0o644)
