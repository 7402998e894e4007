"""One try to build a package from its source, in isolation: what the build wrote is a stranger's."""

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from okamochi.errors import BuildError, EngineError, OkamochiError
from okamochi.model.lock import BuiltFrom, LockedWheel
from okamochi.pypi.built_wheel import normalized, require_wheel_of
from okamochi.pypi.sdists import Sdist, checked_requirements
from okamochi.pypi.target import Target
from okamochi.run.host.isolated import isolated
from okamochi.system.patterns import regex
from okamochi.system.process import Completed, ProgramTimeout
from okamochi.system.world import World

__all__ = ["COMPILER_ERROR", "MadeWheel", "Trial", "failure", "failure_of"]

Failure = TypeVar("Failure", bound=BuildError)

WHEEL_LIMIT_BYTES = 2_000_000_000
LOG_LIMIT_BYTES = 200_000
LOG_LINES = 12
COMPILER_ERROR = regex(r"^[^ ]+:[0-9]+:(?:[0-9]+:)? (?:fatal )?error: ")
VERSION_VARIABLES = ("SETUPTOOLS_SCM_PRETEND_VERSION", "PBR_VERSION", "POETRY_DYNAMIC_VERSIONING_BYPASS")


class MadeWheel(msgspec.Struct, frozen=True, kw_only=True):
    """What the cache remembers of a build."""

    wheel: LockedWheel


class Trial(msgspec.Struct):
    """One try: the driver asks what more is needed, then builds. `log` is what it wrote, `asked` what the
    build script asked for beside what is there.

    It runs in `root`, for `maker`; the wheel is meant for `target`. `path` is the source, `packages` are
    those of Debian that were added to the root; what the try writes goes below `folder`."""

    world: World
    maker: Target
    target: Target
    sdist: Sdist
    path: Path
    folder: Path
    root: Path
    packages: tuple[str, ...] = ()
    log: str = ""
    asked: set[str] = msgspec.field(default_factory=set)

    def run(self, venv: Path) -> MadeWheel | None:
        """None when it failed, or `asked` says that more is needed."""
        if not self._driven("requires", venv):
            return None
        listed = json_in(self._build_folder("requires") / "answer.json")
        asked = checked_requirements(listed, self.sdist.filename)
        marked = asked_here(asked, self.maker)
        if marked and not self._has(marked):
            self.asked = set(marked)
            return None
        if not self._driven("wheel", venv):
            return None
        return self._taken(self._build_folder("wheel") / "dist")

    def _has(self, asked: tuple[str, ...]) -> bool:
        held = self.folder / "asked" / "build-requirements.txt"
        lines = set(held.read_text("utf-8").splitlines())
        return set(asked) <= lines

    def _build_folder(self, verb: str) -> Path:
        return self.folder / f"build-{verb}"

    def _driven(self, verb: str, venv: Path) -> bool:
        build = self._build_folder(verb)
        (build / "tmp").mkdir(parents=True)
        build.chmod(0o755)
        (venv / self.sdist.filename).unlink(missing_ok=True)
        os.link(self.path, venv / self.sdist.filename)
        argv = (
            "/opt/venv/bin/python",
            "/opt/venv/wheel_driver.py",
            verb,
            f"/opt/venv/{self.sdist.filename}",
            "/build",
        )
        try:
            completed = isolated(
                self.world.runner,
                self.root,
                argv,
                environment=environment_of(self.sdist.tagged),
                binds=((venv, "/opt/venv", False), (build, "/build", True)),
                cwd="/build",
            )
        except ProgramTimeout as late:
            raise failure(
                self.sdist, late.message, content_in(build / "log").decode("utf-8", "replace")
            ) from late
        self.log = log_of(completed, build)
        return completed.ok

    def _taken(self, dist: Path) -> MadeWheel:
        """The wheel as the cache keeps it: what lies in `dist` was written by a stranger's program."""
        if dist.is_symlink() or not dist.is_dir():
            raise failure(self.sdist, "its build left no wheel", self.log)
        names = sorted(found.name for found in dist.iterdir() if found.name.endswith(".whl"))
        if len(names) != 1:
            raise failure(self.sdist, f"its build left {len(names)} wheels", self.log)
        version = require_wheel_of(names[0], self.sdist.name, self.sdist.version)
        if self.target.rank(names[0]) is None:
            platform = self.target.platform
            raise EngineError(
                f"{self.sdist.name} {self.sdist.version} has no wheel for this image, and a build here makes "
                f"{names[0]}, which is not for {platform}",
                where=self.sdist.filename,
                hint=f"build on a machine that is {platform}, or ask for a version that ships wheels",
            )

        def write(stream: BinaryIO) -> None:
            plain = self.folder / "plain.whl"
            with opened(dist / names[0]) as source, plain.open("w+b") as to:
                normalized(source, to, self.sdist.filename)
                to.seek(0)
                while piece := to.read(1 << 20):
                    stream.write(piece)

        digest = self.world.cache.put_stream(write)[0]
        wheel = LockedWheel(
            name=self.sdist.name,
            version=version,
            filename=names[0],
            sha256=digest,
            url=self.sdist.place,
            built_from=BuiltFrom(
                filename=self.sdist.filename, sha256=self.sdist.sha256, packages=self.packages
            ),
        )
        return MadeWheel(wheel=wheel)


def asked_here(asked: tuple[str, ...], target: Target) -> tuple[str, ...]:
    """Those whose marker holds; the driver's Python has asked for its own version already."""
    from packaging.requirements import Requirement

    from okamochi.pypi.locks.environment import image_environment

    environment = image_environment(target.python_version, target.platform.machine)
    parsed = (Requirement(one) for one in asked)
    return tuple(str(one) for one in parsed if one.marker is None or one.marker.evaluate(environment))


def environment_of(tagged: str = "") -> dict[str, str]:
    """Nothing of this machine: the same everywhere, and no debug information, which would hold paths. What
    takes its version from tags, which the source has no more, is told it."""
    told = dict.fromkeys(VERSION_VARIABLES, tagged) if tagged else {}
    return told | {
        "PATH": "/opt/venv/bin:/usr/bin:/usr/sbin",
        "HOME": "/build/tmp",
        "TMPDIR": "/build/tmp",
        "VIRTUAL_ENV": "/opt/venv",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "SOURCE_DATE_EPOCH": "315532800",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "CC": "gcc",
        "CXX": "g++",
        "CFLAGS": "-g0",
        "CXXFLAGS": "-g0",
    }


def failure(sdist: Sdist, why: str, log: str) -> BuildError:
    return failure_of(BuildError, sdist, why, log)


def failure_of(kind: type[Failure], sdist: Sdist, why: str, log: str) -> Failure:
    lines = [line.rstrip()[:300] for line in log.splitlines() if line.strip()]
    # a compiler's own words stand far above the end, where its driver says only that it failed
    errors = [line for line in lines[:-LOG_LINES] if COMPILER_ERROR.search(line)][:4]
    return kind(
        f"{sdist.what} has no wheel for this image and cannot be built: {why}",
        where=sdist.filename,
        hint="ask for a version that ships wheels, or for a package that does the same and ships them",
        details=tuple(
            "".join(c if c.isprintable() else " " for c in line) for line in (*errors, *lines[-LOG_LINES:])
        ),
    )


def log_of(completed: Completed, build: Path) -> str:
    return completed.text[-2000:] + "\n" + content_in(build / "log").decode("utf-8", "replace")


def json_in(path: Path) -> object:
    try:
        return json.loads(content_in(path))
    except (ValueError, RecursionError):
        return None


def content_in(path: Path) -> bytes:
    """The end of a file that a stranger's program wrote; empty when it is no plain file."""
    try:
        with opened(path) as stream:
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - LOG_LIMIT_BYTES))
            return stream.read(LOG_LIMIT_BYTES)
    except (OSError, OkamochiError):
        return b""


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Only what is a plain file: a link could lead anywhere on this machine."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as problem:
        raise not_plain(path) from problem
    with os.fdopen(handle, "rb") as stream:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_size > WHEEL_LIMIT_BYTES:
            raise not_plain(path)
        yield stream


def not_plain(path: Path) -> BuildError:
    return BuildError(
        "what was built is no plain file, or a huge one",
        where=path.name,
        hint="take another version of the package, or one that ships wheels",
    )
