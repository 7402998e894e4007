"""What a project asks for, put to `uv pip compile`: which lines, from which indexes, as of which day."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace
from packaging.requirements import Requirement

from okamochi.errors import BuildError
from okamochi.model.lock import LockedWheel
from okamochi.model.plan import Dependencies
from okamochi.pypi.built_wheel import Built
from okamochi.pypi.direct_urls import refuse_tokens
from okamochi.pypi.moved_pins import with_moved
from okamochi.pypi.requirement_line import ADDED, RequirementLine, expanded, requirement_of
from okamochi.pypi.requirements import Requirements
from okamochi.pypi.target import Target
from okamochi.pypi.uv_program import OFFERED, ProjectIndexes, UvRun, read_project_indexes, started
from okamochi.pypi.wanted import Wanted
from okamochi.system.data_text import toml_of
from okamochi.system.process import Completed
from okamochi.system.world import World

__all__ = ["FAR_FUTURE", "Compilation", "Lines", "compilation", "index_date", "inline_lines"]

INLINE = "pyproject.toml"
LOCK = "pylock.toml"
FAR_FUTURE = "2999-12-31T00:00:00Z"

Lines = tuple[RequirementLine, ...]


class Compilation(msgspec.Struct, frozen=True):
    """The question, and where it is asked; wheels of one's `own` making count like an index's."""

    uv: UvRun
    indexes: ProjectIndexes
    lines: Lines
    target: Target
    own: tuple[Built, ...]

    def run(
        self,
        *options: str,
        lines: Lines | None = None,
        preferred: tuple[LockedWheel, ...] = (),
        bounds: Lines = (),
        offline: bool = False,
    ) -> Completed:
        """Resolves the project's lines, or these, within further `bounds`. Offline, what uv was told a moment
        ago counts, and nobody is asked again."""
        environ = self.uv.world.environ
        requirements = self.indexes.requirements
        asked = self.lines if lines is None else lines
        # Packages tied to an index of theirs stand in pyproject.toml: uv knows such ties nowhere else.
        elsewhere = [line for line in asked if line.path != INLINE or not self.indexes.sources.sources]
        folder = self.uv.folder
        write_lines(folder / "requirements.in", elsewhere, environ)
        write_lines(folder / "constraints.txt", (*requirements.constraints, *bounds), environ)
        (folder / LOCK).write_text(preferences(preferred, self.target.python_version), encoding="utf-8")
        sources = ("pyproject.toml",) if self.indexes.sources.sources else ()
        asked_anew = () if preferred or self.uv.world.offline else ("--upgrade",)
        return self.uv.run(
            "pip", "compile", "requirements.in", *sources, "--constraints", "constraints.txt",
            "--format", LOCK, "--output-file", LOCK, "--no-header", "--quiet",
            *self._overrides(), *options, *asked_anew,
            *index_date(self.indexes.exclude_newer, asked, self.indexes.moved), *self.target.arguments,
            offline=offline,
        )  # fmt: skip

    def _overrides(self) -> tuple[str, ...]:
        options = ("--prerelease", "allow") if self.indexes.requirements.indexes.prereleases else ()
        if not self.indexes.own:
            return options
        # a plugin needs the project, which is there without being installed
        never = "".join(f"{name} ; python_version < '0'\n" for name in self.indexes.own)
        (self.uv.folder / "overrides.txt").write_text(never, encoding="utf-8")
        return (*options, "--overrides", "overrides.txt")

    def result(self) -> Mapping[str, Any]:
        """What the last run that went well wrote."""
        try:
            return toml_of((self.uv.folder / LOCK).read_text("utf-8"))
        except (OSError, ValueError) as problem:
            raise BuildError(
                f"uv wrote no lock that can be read: {problem}", hint="check the version of uv (uv --version)"
            ) from problem


@contextmanager
def compilation(world: World, wanted: Wanted) -> Iterator[Compilation]:
    """PlanError for lines with tokens, which a lock would show."""
    dependencies, target = wanted.dependencies, wanted.target
    indexes = read_project_indexes(
        wanted.root, dependencies, python_version=target.python_version, machine=target.platform.machine
    )
    lines = all_lines(indexes.requirements, dependencies)
    refuse_tokens(lines)
    tied = tuple(one.specifier for one in inline_lines(dependencies)) if indexes.sources.sources else ()
    with started(world, indexes, dependencies=tied, offered=wanted.own) as uv:
        placed = tuple(in_place(line, wanted.direct, uv) for line in lines)
        yield Compilation(uv, indexes, placed, target, wanted.own)


def all_lines(requirements: Requirements, dependencies: Dependencies) -> Lines:
    added = (requirement_of(specifier, path=ADDED) for specifier in dependencies.added)
    return (*requirements.lines, *inline_lines(dependencies), *added)


def inline_lines(dependencies: Dependencies) -> Lines:
    inline = (requirement_of(specifier, path=INLINE) for specifier in dependencies.inline)
    return with_moved(tuple(inline), dependencies.moved)


def in_place(line: RequirementLine, direct: Mapping[str, Built], uv: UvRun) -> RequirementLine:
    """The line with the file of the wheel that was built for it; its hashes were of something else."""
    made = direct.get(line.specifier)
    if made is None:
        return line
    asked = Requirement(line.specifier)
    extras = f"[{','.join(sorted(asked.extras))}]" if asked.extras else ""
    marker = f" ; {asked.marker}" if asked.marker else ""
    place = (uv.folder / OFFERED / made.wheel.filename).as_uri()
    name = made.wheel.name
    return replace(line, name=name, specifier=f"{name}{extras} @ {place}{marker}", hashes=())


def index_date(
    exclude_newer: str, lines: Sequence[RequirementLine], moved: Sequence[str] = ()
) -> tuple[str, ...]:
    """uv's options for the index of a day. What okamochi adds with a bound of its own is newer than most days
    that a project asks for, so it is taken from today's; not what the project asks for, too. So is a release
    that a pin was `moved` to."""
    if not exclude_newer:
        return ()
    own = {line.name for line in lines if line.path != ADDED}
    bounded = [
        line.name for line in lines if line.path == ADDED and ">=" in line.specifier and line.name not in own
    ]
    names = dict.fromkeys((*bounded, *(one.partition("==")[0] for one in moved)))
    today = (option for name in names for option in ("--exclude-newer-package", f"{name}={FAR_FUTURE}"))
    return ("--exclude-newer", exclude_newer, *today)


def write_lines(path: Path, lines: Sequence[RequirementLine], environ: Mapping[str, str]) -> None:
    text = "".join(f"{expanded(line.specifier, environ)}\n" for line in lines)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)


def preferences(preferred: tuple[LockedWheel, ...], python_version: str) -> str:
    """The older lock as uv reads it: an existing output file whose versions it keeps where it can."""
    head = f'lock-version = "1.0"\ncreated-by = "okamochi"\nrequires-python = ">={python_version}"\n'
    if not preferred:
        return head + "packages = []\n"
    return head + "".join(
        f'\n[[packages]]\nname = "{wheel.name}"\nversion = "{wheel.version}"\n' for wheel in preferred
    )
