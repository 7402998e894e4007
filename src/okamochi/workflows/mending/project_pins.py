"""The line of the project that pins a package, where another release may take its place."""

from typing import TYPE_CHECKING

from okamochi.oci.platform import Platform
from okamochi.pypi.conflicting_pins import movable_pin
from okamochi.pypi.requirement_line import RequirementLine

if TYPE_CHECKING:
    from okamochi.workflows.plan import PlannedProject

__all__ = ["project_pin"]


def project_pin(planned: "PlannedProject", platform: Platform, package: str) -> RequirementLine | None:
    """As `movable_pin`, of a plan and the image's platform."""
    plan = planned.plan
    return movable_pin(
        planned.project,
        plan.dependencies,
        package,
        python_version=plan.python_version,
        machine=platform.machine,
    )
