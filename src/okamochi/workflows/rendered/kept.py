"""What of the plan rests on files that are replaced: kept as settings, so that the next plan is this one."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from okamochi.detect.adoption.kept import Kept, kept_decisions, procfile_of, with_procfile
from okamochi.detect.chosen_settings import settings_from_environ
from okamochi.detect.planner import make_plan
from okamochi.errors import OkamochiError
from okamochi.model.finding import Finding, Severity
from okamochi.model.plan import Plan
from okamochi.model.settings_reader import OWN_FILE, read_settings
from okamochi.system.files import write_atomic
from okamochi.system.globs import tidy
from okamochi.system.project_files import READ_LIMIT_BYTES, ProjectFiles
from okamochi.system.world import World
from okamochi.workflows.plan import PlannedProject
from okamochi.workflows.rendered.settings_text import settings_text

__all__ = ["keep", "kept_without"]

PROCFILE = "Procfile"


@dataclass(frozen=True)
class Without:
    """The project as it is when some of its files are gone, and `more` are there."""

    project: ProjectFiles
    gone: frozenset[str]
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def root(self) -> Path | None:
        return self.project.root

    def read_bytes(self, path: str, *, limit_bytes: int = READ_LIMIT_BYTES) -> bytes | None:
        if tidy(path) in self.more:
            return self.more[tidy(path)].encode()
        return None if tidy(path) in self.gone else self.project.read_bytes(path, limit_bytes=limit_bytes)

    def read_text(self, path: str) -> str | None:
        if tidy(path) in self.more:
            return self.more[tidy(path)]
        return None if tidy(path) in self.gone else self.project.read_text(path)

    def exists(self, path: str) -> bool:
        if tidy(path) in self.more:
            return True
        return tidy(path) not in self.gone and self.project.exists(path)

    def is_dir(self, path: str) -> bool:
        return self.project.is_dir(path)

    def files(self, pattern: str = "**", *, within: str = "") -> tuple[str, ...]:
        found = self.project.files(pattern, within=within)
        return tuple(one for one in found if one not in self.gone)


def kept_without(project: ProjectFiles, world: World, gone: Iterable[str]) -> Kept:
    """Nothing when none of the files counts. Where the rest of the project is not understood without them,
    the app's object and Python are what has to be said first."""
    paths = frozenset(gone)
    if not any(project.exists(one) for one in paths):
        return Kept()
    before = planned(project, world, {})
    rest = Without(project, paths)
    try:
        after, told = planned(rest, world, {}), {}
        kept = kept_decisions(before, after, paths)
    except OkamochiError:
        said = {"entrypoint": before.application.object_reference, "python": before.python_version}
        told = {key: value for key, value in said.items() if value}
        try:
            after = planned(rest, world, told)
        except OkamochiError as error:
            return Kept(lost=(f"what the app is: {error.message}",))
        places = tuple(sorted(one for one in paths if project.exists(one)))
        kept = kept_decisions(before, after, paths)
        settings = {**{key: (value, places) for key, value in told.items()}, **kept.settings}
        kept = Kept(settings, kept.lost)
    procfile = procfile_of(before, after) if not rest.exists(PROCFILE) else ""
    if not procfile:
        return kept
    with_it = planned(Without(project, paths, {PROCFILE: procfile}), world, told)
    return with_procfile(kept, before, with_it, procfile)


def planned(project: ProjectFiles, world: World, command_line: dict[str, str]) -> Plan:
    """Without what the lock corrects, which comes upon both."""
    return make_plan(
        project,
        read_settings(project),
        environ_overrides=settings_from_environ(world.environ),
        command_line=command_line,
    )


def keep(kept: Kept, planned: PlannedProject) -> Iterator[Finding]:
    """Writes down as settings what the plan had from files that were replaced: the next plan is this one.
    Settings of the user's own are not touched: what is missing there is told."""
    text = settings_text(kept.settings, "Kept by okamochi render --force from files that it replaced.")
    if text and not read_settings(planned.project).path:
        write_atomic(planned.root / OWN_FILE, text.encode())
        yield Finding(
            rule="render/kept",
            severity=Severity.NOTE,
            message=f"{OWN_FILE} keeps what files said that were replaced: {', '.join(kept.settings)}",
            hint="take away what you do not want",
        )
    elif text:
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        yield Finding(
            rule="render/kept",
            severity=Severity.WARNING,
            message="files that were replaced said what the plan now has otherwise",
            hint=f"to keep it, add to the settings: {'; '.join(lines)}",
        )
    if kept.procfile:
        write_atomic(planned.root / PROCFILE, kept.procfile.encode())
        yield Finding(
            rule="render/kept",
            severity=Severity.NOTE,
            message=f"{PROCFILE} keeps the processes that files named which were replaced",
            hint="take away what you do not want",
        )
    for one in kept.lost:
        if one in kept.in_procfile:
            continue
        yield Finding(
            rule="render/lost",
            severity=Severity.WARNING,
            message=f"a file that was replaced said {one}: the next plan is without it",
            hint="say it where the plan finds it, or take the old file back",
        )
