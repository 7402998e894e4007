"""`okamochi render --adopt`: what is there side by side with the plan; what is sound becomes settings; what
is wrong is found by the rules of `okamochi check`, each with what okamochi does instead."""

import datetime
import posixpath
from dataclasses import dataclass, replace
from pathlib import Path

from okamochi.audit.audit import Audited
from okamochi.audit.judging import stands_alone
from okamochi.audit.rules import RULES
from okamochi.audit.setup import Setup
from okamochi.containerfiles.desk import is_production_path, is_staging_path
from okamochi.detect.adoption.rows import Row
from okamochi.detect.adoption.side_by_side import adopted_settings, adoption_of
from okamochi.detect.files.compose_files import composed
from okamochi.errors import UsageError
from okamochi.model.finding import Severity
from okamochi.model.settings_reader import OWN_FILE, read_settings
from okamochi.system.files import write_atomic
from okamochi.system.project_files import DiskProject, ProjectFiles
from okamochi.system.world import World
from okamochi.workflows.check import looked_at
from okamochi.workflows.layers.native_memory import as_locked
from okamochi.workflows.plan import plan_project
from okamochi.workflows.rendered.kept import kept_without
from okamochi.workflows.rendered.settings_text import SettingValues, settings_text

__all__ = ["Fault", "adopt"]


@dataclass(frozen=True)
class Fault:
    """What a rule finds in a file that is adopted. `instead` is what okamochi does; "" where its page does
    not say, and `hint` is all there is."""

    rule: str
    severity: Severity
    place: str
    message: str
    hint: str
    instead: str


@dataclass(frozen=True)
class Adopted:
    """`settings` is the text for okamochi.toml ("" when nothing is to be taken over), written where `path`
    is set; where settings exist already it is for the user to merge. `lost` is what the plan has from these
    files and no setting says."""

    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]
    settings: str
    path: str = ""
    lost: tuple[str, ...] = ()


def adopt(folder: Path, world: World, *, today: datetime.date, write: bool) -> Adopted:
    """UsageError when there is neither a Dockerfile nor a compose file of the project's own."""
    folder = folder.resolve()
    planned = plan_project(folder, world)
    plan = as_locked(planned)
    # a compose file above the app's folder names paths from there
    base = folder.parent if is_composed_above(planned.project) else folder
    project = planned.project if base == folder else DiskProject.open(base)
    below = "" if base == folder else folder.name
    setup, report = looked_at(base, folder, plan, today)
    dockerfiles, composes = for_production(setup, below)
    adoption = adoption_of(project, plan, dockerfiles=dockerfiles, composes=composes)
    if not adoption.paths:
        raise UsageError(
            "there is no Dockerfile and no compose file to adopt",
            where=str(folder),
            hint="okamochi render all writes the plan's own",
        )
    rows = tuple(replace(one, place=from_app(one.place, below)) for one in adoption.rows)
    faults = tuple(fault(one, below) for one in report.findings if one.found.path in adoption.paths)
    kept = kept_without(planned.project, world, (from_app(one, below) for one in adoption.paths))
    text = settings_text(
        merged(kept.settings, adopted_settings(rows, plan)),
        "Taken over by okamochi render --adopt from the files named.",
    )
    own = folder / OWN_FILE
    if not text or not write or own.exists() or read_settings(planned.project).path:
        return Adopted(rows, faults, text, lost=kept.lost)
    write_atomic(own, text.encode())
    return Adopted(rows, faults, text, OWN_FILE, kept.lost)


def merged(kept: SettingValues, adopted: SettingValues) -> SettingValues:
    """What the rows show wins; variables of both are given."""
    found = {**kept, **adopted}
    if "env" in kept and "env" in adopted:
        (more, places), (values, others) = kept["env"], adopted["env"]
        if isinstance(more, dict) and isinstance(values, dict):
            found["env"] = ({**more, **values}, tuple(dict.fromkeys((*places, *others))))
    return found


def is_composed_above(project: ProjectFiles) -> bool:
    """Whether the compose file that builds this app lies in the folder above."""
    return any(one.path.startswith("../") for one in composed(project))


def from_app(place: str, below: str) -> str:
    """A place as it is seen from the app's folder, which lies `below`; "" for here."""
    if not below:
        return place
    return place.removeprefix(f"{below}/") if place.startswith(f"{below}/") else f"../{place}"


def for_production(setup: Setup, below: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Dockerfiles and compose files for production: those at the top first, of these the ones that say so and
    need no other file below them; of Dockerfiles those that such a compose file builds from the app's folder,
    which lies `below`."""
    composes = [one for one in setup.composes if not one.desk and not is_staging_path(one.path)]
    sound = [one for one in composes if not is_production_path(one.path) or stands_alone(one.root)]
    sound.sort(key=lambda one: (one.path.count("/"), not is_production_path(one.path)))
    paths = tuple(one.path for one in sound)
    taken = next(iter((*paths, *(one.path for one in setup.composes))), "")
    built = [one.stage_path for one in setup.containers if one.own and one.path == taken]
    shipped = [one.path for one in setup.dockerfiles if not one.desk]
    chosen = [path for path in built if path in shipped]
    near = [path for path in shipped if posixpath.dirname(path) in (below, posixpath.dirname(taken))]
    found = dict.fromkeys((*chosen, *near, *(path for path in built if path)))
    return tuple(path for path in found if not below or path.startswith(f"{below}/")), paths


def fault(one: Audited, below: str) -> Fault:
    rule = next((rule for rule in RULES if rule.name == one.rule), None)
    found = one.found
    place = from_app(f"{found.path}:{found.line}" if found.line else found.path, below)
    instead = rule.instead if rule is not None else ""
    return Fault(one.rule, one.severity, place, found.message, found.hint, instead)
