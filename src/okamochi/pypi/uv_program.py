"""uv as a program: the one place that starts it.

uv (https://docs.astral.sh/uv/) resolves and unpacks wheels for platforms and Pythons that the host does not
have. It is given wheels only: no code of a package or of the project is ever executed.
"""

import os
import shutil
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec
from msgspec.structs import replace

from okamochi.errors import BuildError
from okamochi.model.plan import Dependencies
from okamochi.pypi.asked import asked_of
from okamochi.pypi.built_wheel import Built
from okamochi.pypi.index_options import IndexOptions
from okamochi.pypi.pip_settings import read_pip_settings
from okamochi.pypi.project_sources import ProjectSources, read_project_sources
from okamochi.pypi.requirement_line import expanded
from okamochi.pypi.requirements import Requirements
from okamochi.pypi.skipped_members import refuse_skipped
from okamochi.pypi.uv_environment import uv_environment
from okamochi.system.environ import of_the_user
from okamochi.system.process import Completed, ProgramMissing
from okamochi.system.project_files import DiskProject
from okamochi.system.world import World

__all__ = [
    "OFFERED",
    "ProjectIndexes",
    "UvRun",
    "index_settings",
    "read_project_indexes",
    "started",
    "uv_path",
    "uv_version",
]

# All wheels of one app, packed and unpacked: PyTorch with what it needs of CUDA takes nine gigabytes.
MOST_WRITTEN_BYTES = 30_000_000_000
TIMEOUT_SECONDS = 3600
OFFERED = "offered"
SETTINGS = "pyproject.toml"


class ProjectIndexes(msgspec.Struct, frozen=True):
    """What the project's own files say about where packages come from, and as of when. `own` are names of
    packages that are the project's own source: no index is asked for them, whatever needs them. `moved` are
    releases in the place of pinned ones, whatever day they are of."""

    requirements: Requirements = msgspec.field(default_factory=Requirements)
    sources: ProjectSources = msgspec.field(default_factory=ProjectSources)
    root: Path | None = None
    exclude_newer: str = ""
    own: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()


class UvRun(msgspec.Struct, frozen=True):
    """uv, ready to be started in `folder`, a temporary one on the cache's file system, whose pyproject.toml
    holds the `settings`."""

    world: World
    folder: Path
    environ: dict[str, str]
    no_index: bool
    settings: str = ""

    def without_dependencies(self, *names: str) -> None:
        """From now on these packages, and no others, ask for nothing, as far as uv knows. It would otherwise
        start a build to learn what a source depends on."""
        tables = (
            f'\n[[tool.uv.dependency-metadata]]\nname = "{name}"\nrequires-dist = []\n' for name in names
        )
        (self.folder / SETTINGS).write_text(self.settings + "".join(tables), encoding="utf-8")

    def run(self, *arguments: str, offline: bool = False) -> Completed:
        """Starts uv, `offline` with what is in its cache; a non-zero return code is the caller's to explain.
        BuildError for a wheel with a member that leads out of it."""
        offline = offline or self.world.offline
        flags = [*(("--no-index",) if self.no_index else ()), *(("--offline",) if offline else ())]
        done = self._run((*arguments, "--python", sys.executable, "--only-binary", ":all:", *flags), {})
        refuse_skipped(done, self._run, self.folder)
        return done

    def _run(self, arguments: tuple[str, ...], environ: Mapping[str, str]) -> Completed:
        left = self._unfinished()
        try:
            return self.world.runner.run(
                (uv_path(), *arguments),
                env={**self.environ, **environ},
                cwd=self.folder,
                timeout_seconds=TIMEOUT_SECONDS,
                written_limit_bytes=MOST_WRITTEN_BYTES,
                ends_trickle=True,
            )
        except BuildError:  # what it had unpacked when it was stopped may fill the disk
            for path in self._unfinished() - left:
                shutil.rmtree(path, ignore_errors=True)
            raise

    def _unfinished(self) -> frozenset[Path]:
        """Folders in its cache into which uv unpacks."""
        cache = Path(self.environ.get("UV_CACHE_DIR", self.folder))
        return frozenset(path for path in cache.glob(".tmp*") if path.is_dir())


# sysconfig's variables, which uv asks for, are half there while another thread reads them for the first time
FINDING = threading.Lock()


def uv_path() -> str:
    import uv

    try:
        with FINDING:
            return uv.find_uv_bin()
    except FileNotFoundError:
        raise ProgramMissing(
            "there is no uv program", where="uv", hint="install okamochi anew: uv comes with it as a package"
        ) from None


def read_project_indexes(
    project_root: Path | None,
    dependencies: Dependencies,
    *,
    python_version: str = "3.13",
    machine: str = "x86_64",
) -> ProjectIndexes:
    """Reads requirement files, lock and [tool.uv] of the project; nothing of them is executed."""
    if project_root is None:
        return ProjectIndexes()
    project = DiskProject.open(project_root)
    requirements = asked_of(project, dependencies, python_version=python_version, machine=machine)
    sources = read_project_sources(project, dependencies.inline)
    if dependencies.lock_file:
        sources = sources.of_any_day()
    own = tuple(one.name for one in dependencies.local if not one.path)
    return ProjectIndexes(
        requirements, sources, project_root, dependencies.exclude_newer, own, dependencies.moved
    )


def index_settings(project_root: Path | None, dependencies: Dependencies) -> ProjectIndexes:
    """What the project's files say of indexes, and nothing of what it asks for."""
    return read_project_indexes(project_root, Dependencies(files=dependencies.files))


@contextmanager
def started(
    world: World,
    indexes: ProjectIndexes,
    *,
    dependencies: tuple[str, ...] = (),
    offered: tuple[Built, ...] = (),
) -> Iterator[UvRun]:
    """A uv run in a fresh folder whose pyproject.toml carries only the project's index settings; wheels
    `offered` lie in a folder beside it, and count like an index's."""
    pip = read_pip_settings(world.environ)
    for note in pip.notes:
        # one run of the program starts uv several times
        world.once.answer(note, partial(world.reporter.note, note))
    options = _placed(indexes, world)
    with world.cache.temporary() as folder:
        settings = indexes.sources.pyproject(dependencies)
        (folder / SETTINGS).write_text(settings, encoding="utf-8")
        options = with_offered(options, folder / OFFERED, offered)
        environ = uv_environment(
            world.environ, pip=pip, project=options, cache_folder=world.cache.tool_folder("uv")
        )
        yield UvRun(world, folder, environ, pip.indexes.no_index or options.no_index, settings)


def with_offered(options: IndexOptions, folder: Path, offered: tuple[Built, ...]) -> IndexOptions:
    if not offered:
        return options
    folder.mkdir()
    for one in offered:
        os.link(one.path, folder / one.wheel.filename)
    return replace(options, find_links=(*options.find_links, str(folder)))


def _placed(indexes: ProjectIndexes, world: World) -> IndexOptions:
    """The requirement files' options with variables replaced and folders of the project made absolute."""
    said = indexes.requirements.indexes
    return IndexOptions(
        index_url=_location(said.index_url, indexes.root, world),
        extra_index_urls=tuple(_location(url, indexes.root, world) for url in said.extra_index_urls),
        find_links=tuple(_location(link, indexes.root, world) for link in said.find_links),
        trusted_hosts=said.trusted_hosts,
        no_index=said.no_index,
        prereleases=said.prereleases,
    )


def _location(text: str, root: Path | None, world: World) -> str:
    location = expanded(text, world.environ)
    if not location or "://" in location or root is None:
        return location
    return str(root / of_the_user(location))


def uv_version(world: World) -> str:
    """What uv says about itself: "uv 0.9.1". ProgramMissing when there is none that starts."""
    program = uv_path()
    completed = world.runner.run((program, "--version"), timeout_seconds=30)
    if not completed.ok:
        raise ProgramMissing(
            "uv does not start", where=program, hint="install okamochi anew", details=(completed.error_text,)
        )
    return " ".join(completed.text.split()[:2])
