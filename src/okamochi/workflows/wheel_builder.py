"""One package from its source to a wheel, in isolation, with what its build turns out to need."""

import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Protocol

import msgspec
from msgspec.structs import replace

from okamochi.debian.contents import Contents
from okamochi.errors import BuildError, EngineError, OkamochiError, PlanError, UnfitPythonError
from okamochi.model.lock import BuiltFrom, LockedWheel
from okamochi.model.plan import Dependencies
from okamochi.oci.native import native_platforms
from okamochi.oci.platform import Platform
from okamochi.pypi.built_wheel import Built, normalized, require_wheel_of
from okamochi.pypi.sdist_files import compiles
from okamochi.pypi.sdists import (
    Sdist,
    build_requirements,
    checked_requirements,
    fetch_sdist,
    find_sdist,
)
from okamochi.pypi.target import Target
from okamochi.run.host.isolated import isolated
from okamochi.system.patterns import regex
from okamochi.system.process import Completed, ProgramTimeout
from okamochi.system.world import World
from okamochi.workflows.build_environment import BuildEnvironment, Tools, bounds_of
from okamochi.workflows.missing_pieces import Remedy, remedy_for

__all__ = ["MadeWheel", "Shop", "WheelBuilder"]

KIND = "built-wheels"
FORMAT = "2"
MOST_TRIES = 8
MOST_DEPTH = 3
WHEEL_LIMIT_BYTES = 2_000_000_000
LOG_LIMIT_BYTES = 200_000
LOG_LINES = 12
COMPILER_ERROR = regex(r"^[^ ]+:[0-9]+:(?:[0-9]+:)? (?:fatal )?error: ")
ANSWER_LIMIT_BYTES = 1_000_000


VERSION_VARIABLES = ("SETUPTOOLS_SCM_PRETEND_VERSION", "PBR_VERSION", "POETRY_DYNAMIC_VERSIONING_BYPASS")


class Shop(Protocol):
    """Roots with a Python, where packages are built: of Debian's packages, or of a base image."""

    @property
    def python(self) -> str: ...
    @property
    def contents(self) -> Contents: ...
    def root(self, packages: tuple[str, ...]) -> Path: ...
    def small_root(self) -> Path: ...


class MadeWheel(msgspec.Struct, frozen=True, kw_only=True):
    """What the cache remembers of a build."""

    wheel: LockedWheel


class WheelBuilder(msgspec.Struct, dict=True):
    """For one project and Python. `ground` is what the image is made on: a suite, or one image; `shop_for`
    gives the root to build in on a platform. `made` are the wheels built so far, those that builds needed
    among them."""

    world: World
    project_root: Path
    dependencies: Dependencies
    ground: str
    target: Target
    shop_for: Callable[[Platform], Shop]
    made: list[MadeWheel] = msgspec.field(default_factory=list)

    @cached_property
    def workshop(self) -> Shop:
        return self.shop_for(self.maker.platform)

    @cached_property
    def maker(self) -> Target:
        """Where builds run: on this machine's own platform, whatever the image's is. What holds nothing
        native fits both."""
        native = native_platforms()
        fits = not native or self.target.platform in native
        return self.target if fits else replace(self.target, platform=native[0])

    @property
    def built(self) -> tuple[Built, ...]:
        return tuple(Built(one.wheel, path) for one in self.made if (path := self._held(one)) is not None)

    def build(self, specifier: str, *, depth: int = 0, expected: LockedWheel | None = None) -> MadeWheel:
        """The wheel of what `specifier` names, from the cache or built; it is added to `made`.
        A source that is not that of the wheel `expected` is not built.

        PlanError when there is no source either; BuildError with the log's end when building fails;
        EngineError where nothing can be isolated."""
        sdist = find_sdist(
            self.world,
            specifier,
            project_root=self.project_root,
            dependencies=self.dependencies,
            target=self.target,
        )
        if expected is not None:
            require_expected(sdist, expected)
        return self.build_source(sdist, depth=depth)

    def build_source(self, sdist: Sdist, *, depth: int = 0) -> MadeWheel:
        """The same for a source that was found elsewhere than in an index."""
        known = self._known(sdist)
        if known is None:
            self._require_native(sdist)
            shown = f"{sdist.name} {sdist.version}".strip()
            with self.world.reporter.step(f"Dependencies: building {shown} from source"):
                known = self._made(sdist, depth)
            self.world.cache.put_record(KIND, self._key(sdist), msgspec.json.encode(known))
        if known not in self.made:
            self.made.append(known)
        return known

    def _key(self, sdist: Sdist) -> str:
        key = f"{FORMAT} {sdist.sha256} {self.target.title} {self.ground}"
        return f"{key} {sdist.place} {sdist.tagged}" if sdist.place or sdist.tagged else key

    def _known(self, sdist: Sdist) -> MadeWheel | None:
        record = self.world.cache.record(KIND, self._key(sdist))
        known = msgspec.json.decode(record, type=MadeWheel) if record is not None else None
        return known if known is not None and self._held(known) is not None else None

    def _held(self, one: MadeWheel) -> Path | None:
        return self.world.cache.blob(one.wheel.sha256)

    def _require_native(self, sdist: Sdist) -> None:
        if not native_platforms():
            raise EngineError(
                f"{sdist.what} has no wheel for this image, and can be built on Linux only",
                where=sdist.filename,
                hint="build there once and commit okamochi.lock, or ask for a version that ships wheels",
            )

    def _made(self, sdist: Sdist, depth: int) -> MadeWheel:
        """With today's build tools, else with older ones; what today's said is told when none works."""
        try:
            return self._made_with(sdist, depth, Tools())
        except BuildError as failed:
            if not sdist.uploaded or depth:
                raise
            for tools in self._older_tools(sdist):
                self.world.reporter.note(
                    f"{sdist.name} {sdist.version} does not build with today's tools: trying {tools.told}"
                )
                with suppress(BuildError, PlanError):
                    return self._made_with(sdist, depth, tools)
            raise failed

    def _older_tools(self, sdist: Sdist) -> Iterator[Tools]:
        """The newest of the major versions that there were when the source was published, then those of that
        day themselves, which need not know this Python."""
        requirements = build_requirements(fetch_sdist(self.world, sdist), sdist.filename)
        with suppress(PlanError, BuildError), self.world.cache.temporary() as folder:
            then = self._in_environment(sdist.uploaded).chosen(folder, requirements, self.built)
            if bounds := bounds_of(then):
                yield Tools(bounds=bounds)
        yield Tools(exclude_newer=sdist.uploaded)

    def _made_with(self, sdist: Sdist, depth: int, tools: Tools) -> MadeWheel:
        path = fetch_sdist(self.world, sdist)
        requirements = (*build_requirements(path, sdist.filename), *tools.bounds)
        packages: tuple[str, ...] = ()
        small = not compiles(path, sdist.filename)
        seen: set[str] = set()
        for _ in range(MOST_TRIES):
            seen |= set(requirements)
            with self.world.cache.temporary() as folder:
                trial = Trial(self, sdist, path, folder, packages, small)
                wheel = trial.run(self._environment(folder, requirements, depth, tools.exclude_newer))
                if wheel is not None:
                    return wheel
                if trial.asked - set(requirements):
                    requirements = (*requirements, *sorted(trial.asked - set(requirements)))
                    continue
                if small:
                    small = False
                    continue
                remedy = remedy_for(trial.log, self.workshop.contents)
                python = self.maker.python_version
                refuse_again(sdist, trial.log, remedy, seen - set(requirements), python)
                packages, requirements = further(sdist, trial.log, remedy, packages, requirements, python)
        raise failure(sdist, "it asks for ever more", trial.log)

    def _in_environment(self, exclude_newer: str) -> BuildEnvironment:
        return BuildEnvironment(
            self.world,
            self.maker,
            self.project_root,
            self.dependencies,
            exclude_newer,
            python=self.workshop.python,
        )

    def _environment(
        self, folder: Path, requirements: tuple[str, ...], depth: int, exclude_newer: str
    ) -> Path:
        """With what the build needs; what of it has no wheel is built first."""
        environment = self._in_environment(exclude_newer)
        venv = folder / "venv"
        for _ in range(MOST_TRIES):
            venv.mkdir(exist_ok=True)
            try:
                environment.fill(venv, requirements, self.built)
                return venv
            except UnfitPythonError as refusal:
                if not refusal.packages or depth >= MOST_DEPTH:
                    raise
                self.build(refusal.packages[0], depth=depth + 1)
        raise BuildError(
            "what is needed to build has no wheels itself, on and on", hint="take another version"
        )


class Trial(msgspec.Struct):
    """One try: the driver asks what more is needed, then builds. `log` is what it wrote, `asked` what the
    build script asked for beside what is there. A `small` root has no compilers."""

    builder: WheelBuilder
    sdist: Sdist
    path: Path
    folder: Path
    packages: tuple[str, ...]
    small: bool = False
    log: str = ""
    asked: set[str] = msgspec.field(default_factory=set)

    def run(self, venv: Path) -> MadeWheel | None:
        """None when it failed, or `asked` says that more is needed."""
        if not self._driven("requires", venv):
            return None
        listed = json_in(self._build_folder("requires") / "answer.json")
        asked = checked_requirements(listed, self.sdist.filename)
        marked = asked_here(asked, self.builder.maker)
        if marked and not self.builder_has(venv, marked):
            self.asked = set(marked)
            return None
        if not self._driven("wheel", venv):
            return None
        return self._taken(self._build_folder("wheel") / "dist")

    def builder_has(self, venv: Path, asked: tuple[str, ...]) -> bool:
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
        workshop = self.builder.workshop
        root = workshop.small_root() if self.small else workshop.root(self.packages)
        argv = (
            "/opt/venv/bin/python",
            "/opt/venv/wheel_driver.py",
            verb,
            f"/opt/venv/{self.sdist.filename}",
            "/build",
        )
        try:
            completed = isolated(
                self.builder.world.runner,
                root,
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
        if self.builder.target.rank(names[0]) is None:
            platform = self.builder.target.platform
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

        digest = self.builder.world.cache.put_stream(write)[0]
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


def require_expected(sdist: Sdist, expected: LockedWheel) -> None:
    if expected.built_from is None or expected.built_from.is_source(sdist.filename, sdist.sha256):
        return
    raise BuildError(
        f"the source of {expected.name} {expected.version} is not what the lock says",
        where=f"okamochi.lock, wheel {expected.name}",
        hint="find out why it was replaced; to take it over, run 'okamochi lock --upgrade'",
        details=(f"the index has {sdist.filename} (sha256:{sdist.sha256})",),
    )


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


def further(
    sdist: Sdist,
    log: str,
    remedy: Remedy,
    packages: tuple[str, ...],
    requirements: tuple[str, ...],
    python: str,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """More packages and requirements than before; BuildError when nothing is left to try."""
    if remedy.hopeless:
        raise failure(sdist, remedy.hopeless, log)
    more = set(remedy.packages) - set(packages)
    wanted = [one for one in remedy.requirements if one not in requirements]
    if not more and not wanted:
        compiler = any(COMPILER_ERROR.search(line) for line in log.splitlines())
        why = f"its code in C does not compile for Python {python}" if compiler else "its build failed"
        raise failure(sdist, why, log)
    replaced = {one.partition("<")[0] for one in wanted}
    kept = tuple(one for one in requirements if one.partition("<")[0] not in replaced)
    return tuple(sorted({*packages, *more})), (*kept, *wanted)


def refuse_again(sdist: Sdist, log: str, remedy: Remedy, given_up: set[str], python: str) -> None:
    """BuildError when the log asks for what an earlier try had and another took the place of: without it the
    build fails one way, with it another."""
    again = [one for one in remedy.requirements if one in given_up]
    if again:
        raise failure(sdist, f"its build fails for Python {python}, with {again[0]} too", log)


def failure(sdist: Sdist, why: str, log: str) -> BuildError:
    lines = [line.rstrip()[:300] for line in log.splitlines() if line.strip()]
    # a compiler's own words stand far above the end, where its driver says only that it failed
    errors = [line for line in lines[:-LOG_LINES] if COMPILER_ERROR.search(line)][:4]
    return BuildError(
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
    except ValueError:
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
    return BuildError("what was built is no plain file", where=path.name, hint="take another version")
