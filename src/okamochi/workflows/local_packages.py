"""Packages that are source of the project itself, as wheels: made at each build, never locked."""

from okamochi.errors import PlanError
from okamochi.model.plan import LocalPackage
from okamochi.pypi.built_wheel import Built
from okamochi.pypi.manifests.package_facts import PackageFacts, read_package
from okamochi.pypi.own_wheel import own_wheel
from okamochi.system.world import World
from okamochi.workflows.plan import PlannedProject

__all__ = ["local_wheels"]


def local_wheels(world: World, planned: PlannedProject) -> tuple[Built, ...]:
    """One for each of the plan's local packages, in its order; all lie in the cache."""
    return tuple(wheel_of(world, planned, one) for one in planned.plan.dependencies.local)


def wheel_of(world: World, planned: PlannedProject, package: LocalPackage) -> Built:
    return own_wheel(world, facts_of(planned, package), package.path)


def facts_of(planned: PlannedProject, package: LocalPackage) -> PackageFacts:
    facts = read_package(planned.project, package.path)
    if facts is None or facts.normalized != package.name:
        raise PlanError(
            f"{package.path or 'the project'} is no package {package.name} any more",
            where=package.path or "pyproject.toml",
            hint="it changed while it was read: build again",
        )
    return facts
