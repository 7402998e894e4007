"""Read the project, decide the plan."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from okamochi.detect.chosen_settings import settings_from_environ
from okamochi.detect.planner import make_plan
from okamochi.model.plan import Plan
from okamochi.model.settings_reader import read_settings
from okamochi.system.project_files import DiskProject
from okamochi.system.world import World

__all__ = ["PlannedProject", "plan_project"]


@dataclass(frozen=True)
class PlannedProject:
    """A plan and the files it was made from; `root` is absolute."""

    plan: Plan
    project: DiskProject
    root: Path


def plan_project(path: Path, world: World, overrides: Mapping[str, str] | None = None) -> PlannedProject:
    """The plan of the project in `path`; `overrides` are settings from the command line, by name."""
    project = DiskProject.open(path)
    plan = make_plan(
        project,
        read_settings(project),
        environ_overrides=settings_from_environ(world.environ),
        command_line=overrides or {},
    )
    return PlannedProject(plan, project, path.resolve())
