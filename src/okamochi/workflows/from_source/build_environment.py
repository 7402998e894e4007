"""The virtual environment in which a package is built: the wheels that it asks for, as files."""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from okamochi.model.lock import LockedWheel
from okamochi.model.plan import Dependencies
from okamochi.pypi.built_wheel import Built
from okamochi.pypi.install import wheel_trees
from okamochi.pypi.requirement_line import expanded
from okamochi.pypi.resolve import resolve_wheels
from okamochi.pypi.target import Target
from okamochi.pypi.uv_program import index_settings
from okamochi.pypi.wanted import Wanted
from okamochi.pypi.wheel_tree import FILES_FOLDER
from okamochi.run import host
from okamochi.system.world import World

__all__ = ["NOT_BOUND", "BuildEnvironment", "Tools", "bounds_of", "index_lines"]

# The driver reads pyproject.toml; Python has a module for that since 3.11.
WITHOUT_TOML = frozenset({"3.9", "3.10"})
REQUIREMENTS = "build-requirements.txt"
DRIVER = Path(host.__path__[0], "wheel_driver.py")


# Only their newest know a new Python, and they build what is old.
NOT_BOUND = frozenset({"setuptools", "wheel", "pip"})


class Tools(msgspec.Struct, frozen=True):
    """Which versions of what a build asks for are taken: none younger than `exclude_newer` (RFC 3339), none
    beyond `bounds`, which are requirements; else the newest."""

    exclude_newer: str = ""
    bounds: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        return f"with {' '.join(self.bounds)}" if self.bounds else f"those of {self.exclude_newer[:10]}"


def bounds_of(wheels: Sequence[LockedWheel]) -> tuple[str, ...]:
    """`cython<1` of Cython 0.29: what was written for one major version seldom works with the next."""
    majors = ((wheel.name, wheel.version.partition(".")[0]) for wheel in wheels)
    return tuple(
        f"{name}<{int(major) + 1}" for name, major in majors if major.isdecimal() and name not in NOT_BOUND
    )


class BuildEnvironment(msgspec.Struct, frozen=True):
    """`project_root` and `dependencies` are the project's: its package indexes count here, too. With
    `exclude_newer` (RFC 3339) nothing younger is chosen. `python` is the interpreter's place in the root."""

    world: World
    target: Target
    project_root: Path
    dependencies: Dependencies
    exclude_newer: str
    python: str

    def chosen(
        self, asked: Path, requirements: Sequence[str], built: tuple[Built, ...]
    ) -> tuple[LockedWheel, ...]:
        """The wheels that serve; `asked` is an empty folder to write them down in.
        UnfitPythonError when one of them has no wheel either."""
        (asked / REQUIREMENTS).write_text(self._text(requirements), encoding="utf-8")
        wanted = Wanted(root=asked, dependencies=self._asked, target=self.target, built=built)
        return resolve_wheels(self.world, wanted, briefly=True)

    @property
    def _asked(self) -> Dependencies:
        added = ("tomli>=1",) if self.target.python_version in WITHOUT_TOML else ()
        return Dependencies(files=(REQUIREMENTS,), added=added, exclude_newer=self.exclude_newer)

    def fill(self, folder: Path, requirements: Sequence[str], built: tuple[Built, ...]) -> None:
        """UnfitPythonError when one of them has no wheel either."""
        asked = folder.with_name("asked")
        asked.mkdir(exist_ok=True)
        wheels = self.chosen(asked, requirements, built)
        trees = wheel_trees(
            self.world,
            wheels,
            project_root=asked,
            dependencies=self._asked,
            target=self.target,
        )
        for tree in trees:
            for file in tree.files:
                place = folder / file.path
                place.parent.mkdir(parents=True, exist_ok=True)
                place_file(tree.root / FILES_FOLDER / file.path, place, executable=bool(file.mode & 0o100))
        self._finish(folder)

    def _finish(self, folder: Path) -> None:
        (folder / "bin").mkdir(parents=True, exist_ok=True)
        (folder / "lib" / f"python{self.target.python_version}" / "site-packages").mkdir(
            parents=True, exist_ok=True
        )
        (folder / "bin/python").symlink_to(self.python)
        (folder / "bin/python3").symlink_to("python")
        home = self.python.rpartition("/")[0]
        (folder / "pyvenv.cfg").write_text(f"home = {home}\ninclude-system-site-packages = false\n")
        (folder / "wheel_driver.py").write_bytes(DRIVER.read_bytes())

    def _text(self, requirements: Sequence[str]) -> str:
        """With the options for indexes that the project's own requirement files have."""
        lines = index_lines(self.project_root, self.dependencies, self.world.environ)
        return "".join(f"{line}\n" for line in (*lines, *requirements))


def index_lines(project_root: Path, dependencies: Dependencies, environ: Mapping[str, str]) -> list[str]:
    """Where a build's tools come from besides, as the project's own requirement files have it."""
    said = index_settings(project_root, dependencies).requirements.indexes
    lines = [f"--index-url {expanded(said.index_url, environ)}"] if said.index_url else []
    lines += [f"--extra-index-url {expanded(url, environ)}" for url in said.extra_index_urls]
    links = (expanded(link, environ) for link in said.find_links)
    lines += [f"--find-links {link if '://' in link else project_root / link}" for link in links]
    lines += [f"--trusted-host {host}" for host in said.trusted_hosts]
    return [*lines, *(["--no-index"] if said.no_index else [])]


def place_file(source: Path, place: Path, *, executable: bool) -> None:
    """A second name of the cache's file; programs are copied, since the cache keeps no modes."""
    if executable:
        shutil.copyfile(source, place)
        place.chmod(0o755)
    else:
        os.link(source, place)
