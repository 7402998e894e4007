"""One package from its source to a wheel, in isolation, with what its build turns out to need."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec.structs import replace
from packaging.utils import canonicalize_name

from okamochi.debian.contents import Contents
from okamochi.errors import BuildError, EngineError, OkamochiError, PlanError, UnfitPythonError
from okamochi.model.lock import LockedWheel
from okamochi.model.plan import Dependencies
from okamochi.oci.native import native_platforms
from okamochi.oci.platform import Platform
from okamochi.pypi.built_wheel import Built
from okamochi.pypi.sdist_files import compiles
from okamochi.pypi.sdists import Sdist, build_requirements, fetch_sdist, find_sdist
from okamochi.pypi.specifiers import parsed_specifier
from okamochi.pypi.target import Target
from okamochi.pypi.wanted import Wanted
from okamochi.run.host.isolated import machines_way
from okamochi.run.host.isolation import Apart
from okamochi.system.world import World
from okamochi.workflows.from_source.build_environment import (
    NOT_BOUND,
    BuildEnvironment,
    Tools,
    bounds_of,
    index_lines,
)
from okamochi.workflows.from_source.build_trial import (
    COMPILER_ERROR,
    MadeWheel,
    Trial,
    failure,
    failure_of,
)
from okamochi.workflows.from_source.missing_pieces import Remedy, remedy_for

__all__ = ["Shop", "UncompiledError", "WheelBuilder", "further", "generators_in", "refuse_again"]

NEEDS_ROOT = "compilers run in a root of their own, which this machine gives to nobody but root"
KIND = "built-wheels"
FORMAT = "2"
MOST_TRIES = 8
MOST_DEPTH = 3


class Shop(Protocol):
    """Roots with a Python, where packages are built: of Debian's packages, or of a base image."""

    @property
    def python(self) -> str: ...
    @property
    def contents(self) -> Contents: ...
    def root(self, packages: tuple[str, ...]) -> Path: ...
    def small_root(self) -> Path: ...


class WheelBuilder(msgspec.Struct, dict=True):
    """For one project and Python. `ground` is what the image is made on: a suite, or one image; `shop_for`
    gives the root to build in on a platform. `made` are the wheels built so far, those that builds needed
    among them; `unlisted` are the digests of those whose source no index gave."""

    world: World
    project_root: Path
    dependencies: Dependencies
    ground: str
    target: Target
    shop_for: Callable[[Platform], Shop]
    made: list[MadeWheel] = msgspec.field(default_factory=list)
    unlisted: set[str] = msgspec.field(default_factory=set)
    found: dict[str, Sdist] = msgspec.field(default_factory=dict)

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
        sdist = self._source(specifier)
        if expected is not None:
            require_expected(sdist, expected)
        return self.build_source(sdist, depth=depth)

    def compiles(self, specifier: str) -> bool:
        """Whether a compiler has to read what is still to be built: that fails first for a Python which its
        author did not know."""
        with suppress(OkamochiError):  # told when it is built
            sdist = self._source(specifier)
            if self._known(self._key(sdist)) is None:
                return compiles(fetch_sdist(self.world, sdist), sdist.filename)
        return False

    def _source(self, specifier: str) -> Sdist:
        if specifier not in self.found:
            wanted = Wanted(root=self.project_root, dependencies=self.dependencies, target=self.target)
            self.found[specifier] = find_sdist(self.world, specifier, wanted)
        return self.found[specifier]

    def build_source(self, sdist: Sdist, *, depth: int = 0) -> MadeWheel:
        """The same for a source that was found elsewhere than in an index."""
        key = self._key(sdist)
        known = self._known(key)
        if known is None:
            self._require_native(sdist)
            shown = f"{sdist.name} {sdist.version}".strip()
            with self.world.reporter.step(f"Dependencies: building {shown} from source"):
                known = self._made(sdist, depth)
            self.world.cache.put_record(KIND, key, msgspec.json.encode(known))
        if known not in self.made:
            self.made.append(known)
        if not sdist.url:
            self.unlisted.add(known.wheel.sha256)
        return known

    def built_of(self, sdist: Sdist) -> Built:
        """The same, as a file in the cache."""
        wheel = self.build_source(sdist).wheel
        path = self.world.cache.blob(wheel.sha256)
        if path is None:
            raise BuildError(
                "a wheel that was built vanished from the cache", where=wheel.filename, hint="build again"
            )
        return Built(wheel, path)

    def _key(self, sdist: Sdist) -> str:
        """All projects share what was built. Where this one brings tools of its own, from its indexes or as
        packages in its folder, which a build may take, what comes out is for projects with the same alone."""
        key = f"{FORMAT} {sdist.sha256} {self.target.title} {self.ground}"
        key += f" {sdist.place} {sdist.tagged}" if sdist.place or sdist.tagged else ""
        own = (*index_lines(self.project_root, self.dependencies, {}), *sorted(self.unlisted))
        return "\n".join((key, *own))

    def _known(self, key: str) -> MadeWheel | None:
        record = self.world.cache.record(KIND, key)
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
            by_hand = isinstance(failed, UncompiledError) and not failed.generators
            if not sdist.uploaded or depth or by_hand or isinstance(failed, NoCompilersError):
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
        log = ""
        for _ in range(MOST_TRIES):
            seen |= set(requirements)
            with self.world.cache.temporary() as folder:
                venv = self._environment(folder, requirements, depth, tools.exclude_newer)
                root = self.workshop.small_root() if small else self._compilers(sdist, packages, log)
                trial = Trial(self.world, self.maker, self.target, sdist, path, folder, root, packages)
                wheel = trial.run(venv)
                log = trial.log
                if wheel is not None:
                    return self._fit(sdist, wheel, log)
                if trial.asked - set(requirements):
                    requirements = (*requirements, *sorted(trial.asked - set(requirements)))
                    continue
                if small:
                    small = False
                    continue
                remedy = remedy_for(trial.log, self.workshop.contents)
                python = self.maker.python_version
                refuse_again(sdist, trial.log, remedy, seen - set(requirements), python)
                try:
                    packages, requirements = further(sdist, trial.log, remedy, packages, requirements, python)
                except UncompiledError as failed:
                    failed.generators = generators_in(requirements)
                    raise
        raise failure(sdist, "it asks for ever more", trial.log)

    def _compilers(self, sdist: Sdist, packages: tuple[str, ...], log: str) -> Path:
        if machines_way().apart is Apart.LANDLOCK:
            raise failure_of(NoCompilersError, sdist, NEEDS_ROOT, log)
        return self.workshop.root(packages)

    def _fit(self, sdist: Sdist, made: MadeWheel, log: str) -> MadeWheel:
        """A compiler that it found is this machine's, and not the image's."""
        if machines_way().apart is Apart.LANDLOCK and not made.wheel.filename.endswith("-none-any.whl"):
            raise failure_of(NoCompilersError, sdist, NEEDS_ROOT, log)
        return made

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
            f"what the build needs has to be built itself, and so {MOST_TRIES} times over",
            where=", ".join(requirements)[:200],
            hint="take another version of the package, or one that ships wheels",
        )


class NoCompilersError(BuildError):
    """It has to be compiled, and compilers need a root of their own here."""


class UncompiledError(BuildError):
    """The compiler refuses the code. `generators` are tools that may have written it: other versions of them
    may write other code, while no other setuptools changes what lies in the source."""

    generators: frozenset[str] = frozenset()


def generators_in(requirements: tuple[str, ...]) -> frozenset[str]:
    named = (parsed_specifier(one) for one in requirements)
    return frozenset(canonicalize_name(one.name) for one in named if one is not None) - NOT_BOUND


def require_expected(sdist: Sdist, expected: LockedWheel) -> None:
    if expected.built_from is None or expected.built_from.is_source(sdist.filename, sdist.sha256):
        return
    raise BuildError(
        f"the source of {expected.name} {expected.version} is not what the lock says",
        where=f"okamochi.lock, wheel {expected.name}",
        hint="find out why it was replaced; to take it over, run 'okamochi lock --upgrade'",
        details=(f"the index has {sdist.filename} (sha256:{sdist.sha256})",),
    )


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
        if not compiler:
            raise failure(sdist, "its build failed", log)
        raise failure_of(UncompiledError, sdist, f"its code in C does not compile for Python {python}", log)
    replaced = {one.partition("<")[0] for one in wanted}
    kept = tuple(one for one in requirements if one.partition("<")[0] not in replaced)
    return tuple(sorted({*packages, *more})), (*kept, *wanted)


def refuse_again(sdist: Sdist, log: str, remedy: Remedy, given_up: set[str], python: str) -> None:
    """BuildError when the log asks for what an earlier try had and another took the place of: without it the
    build fails one way, with it another."""
    again = [one for one in remedy.requirements if one in given_up]
    if again:
        raise failure(sdist, f"its build fails for Python {python}, with {again[0]} too", log)
