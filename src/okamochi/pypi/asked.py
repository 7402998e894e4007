"""Everything that a project asks for, whichever files say it: requirement lines, pinned or not."""

from msgspec.structs import replace

from okamochi.model.plan import Dependencies, DependencyManager
from okamochi.pypi.locks.environment import image_environment
from okamochi.pypi.locks.graph import Node, Walked, lines_of, unlocked_lines, walk
from okamochi.pypi.locks.tables import DamagedError, broken
from okamochi.pypi.moved_pins import with_moved
from okamochi.pypi.requirements import Requirements, read_requirements
from okamochi.system.project_files import ProjectFiles

__all__ = ["asked_of", "locked_nodes"]

PYPROJECT = "pyproject.toml"


def asked_of(
    project: ProjectFiles,
    dependencies: Dependencies,
    *,
    python_version: str = "3.13",
    machine: str = "x86_64",
) -> Requirements:
    """The lines of requirement files and of a lock, for an image's Python and machine.

    Pins of what is moved are those of the release that it is moved to. DetectionError for files that are
    damaged, PlanError for what they ask for and cannot be had.
    """
    found = _asked(project, dependencies, python_version, machine)
    if not dependencies.moved:
        return found
    moved = dependencies.moved
    return replace(
        found, lines=with_moved(found.lines, moved), constraints=with_moved(found.constraints, moved)
    )


def _asked(
    project: ProjectFiles, dependencies: Dependencies, python_version: str, machine: str
) -> Requirements:
    requirements = read_requirements(
        project, dependencies.files, constraint_files=dependencies.constraint_files
    )
    if not dependencies.lock_file:
        return requirements
    walked = locked_graph(project, dependencies, python_version=python_version, machine=machine)
    unlocked = unlocked_lines(walked.unlocked, PYPROJECT)
    lines = (*requirements.lines, *lines_of(walked.nodes, dependencies.lock_file), *unlocked)
    read = tuple(sorted({*requirements.input_files, *dependencies.input_files}))
    return replace(requirements, lines=lines, input_files=read, unlocked=unlocked)


def locked_nodes(
    project: ProjectFiles, dependencies: Dependencies, *, python_version: str, machine: str = "x86_64"
) -> tuple[Node, ...]:
    """What the lock installs, sorted by name; folders of the project are among them. DetectionError for a
    lock that is damaged."""
    return locked_graph(project, dependencies, python_version=python_version, machine=machine).nodes


def locked_graph(
    project: ProjectFiles, dependencies: Dependencies, *, python_version: str, machine: str = "x86_64"
) -> Walked:
    try:
        return _locked_graph(project, dependencies, image_environment(python_version, machine))
    except DamagedError as problem:
        raise broken(dependencies.lock_file, str(problem)) from problem


def _locked_graph(project: ProjectFiles, dependencies: Dependencies, environment: dict[str, str]) -> Walked:
    lock, groups, extras = dependencies.lock_file, dependencies.groups, dependencies.extras
    match dependencies.manager:
        case DependencyManager.PIPENV:
            from okamochi.pypi.locks.pipfile import pipfile_nodes

            return Walked(pipfile_nodes(project, lock, environment, groups))
        case DependencyManager.PYLOCK:
            from okamochi.pypi.locks.pylock import pylock_nodes

            return Walked(pylock_nodes(project, lock, environment))
        case DependencyManager.POETRY:
            from okamochi.pypi.locks.poetry import poetry_graph as graph_of
        case DependencyManager.PDM:
            from okamochi.pypi.locks.pdm import pdm_graph as graph_of
        case DependencyManager.UV:
            from okamochi.pypi.locks.uv_lock import uv_graph as graph_of
        case _:
            return Walked()
    nodes, roots = graph_of(project, lock, groups, extras)
    return walk(nodes, roots, environment, lock=lock, manifest=PYPROJECT)
