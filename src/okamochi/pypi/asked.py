"""Everything that a project asks for, whichever files say it: requirement lines, pinned or not."""

from msgspec.structs import replace

from okamochi.model.plan import Dependencies, DependencyManager
from okamochi.pypi.locks.environment import image_environment
from okamochi.pypi.locks.graph import Node, lines_of, walk
from okamochi.pypi.locks.tables import DamagedError, broken
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

    DetectionError for files that are damaged, PlanError for what they ask for and cannot be had.
    """
    requirements = read_requirements(
        project, dependencies.files, constraint_files=dependencies.constraint_files
    )
    if not dependencies.lock_file:
        return requirements
    nodes = locked_nodes(project, dependencies, python_version=python_version, machine=machine)
    lines = lines_of(nodes, dependencies.lock_file)
    read = tuple(sorted({*requirements.input_files, *dependencies.input_files}))
    return replace(requirements, lines=(*requirements.lines, *lines), input_files=read)


def locked_nodes(
    project: ProjectFiles, dependencies: Dependencies, *, python_version: str, machine: str = "x86_64"
) -> tuple[Node, ...]:
    """What the lock installs, sorted by name; folders of the project are among them. DetectionError for a
    lock that is damaged."""
    try:
        return _locked_nodes(project, dependencies, image_environment(python_version, machine))
    except DamagedError as problem:
        raise broken(dependencies.lock_file, str(problem)) from problem


def _locked_nodes(
    project: ProjectFiles, dependencies: Dependencies, environment: dict[str, str]
) -> tuple[Node, ...]:
    lock, groups, extras = dependencies.lock_file, dependencies.groups, dependencies.extras
    match dependencies.manager:
        case DependencyManager.PIPENV:
            from okamochi.pypi.locks.pipfile import pipfile_nodes

            return pipfile_nodes(project, lock, environment, groups)
        case DependencyManager.PYLOCK:
            from okamochi.pypi.locks.pylock import pylock_nodes

            return pylock_nodes(project, lock, environment)
        case DependencyManager.POETRY:
            from okamochi.pypi.locks.poetry import poetry_graph as graph_of
        case DependencyManager.PDM:
            from okamochi.pypi.locks.pdm import pdm_graph as graph_of
        case DependencyManager.UV:
            from okamochi.pypi.locks.uv_lock import uv_graph as graph_of
        case _:
            return ()
    nodes, roots = graph_of(project, lock, groups, extras)
    return walk(nodes, roots, environment, lock=lock, manifest=PYPROJECT)
