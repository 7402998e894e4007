"""The lines of the project that pin packages, where other releases may take their place."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from okamochi.oci.platform import Platform
from okamochi.pypi.asked import asked_of
from okamochi.pypi.compilation import inline_lines
from okamochi.pypi.conflicting_pins import is_movable
from okamochi.pypi.requirement_line import RequirementLine

if TYPE_CHECKING:
    from okamochi.workflows.plan import PlannedProject

__all__ = ["project_pins"]


def project_pins(planned: "PlannedProject", platform: Platform) -> dict[str, RequirementLine]:
    """By their package; as the project has them, whatever they were moved to since."""
    plan = planned.plan
    unmoved = replace(plan.dependencies, moved=())
    asked = asked_of(planned.project, unmoved, python_version=plan.python_version, machine=platform.machine)
    lines = (*asked.lines, *inline_lines(unmoved))
    return {line.name: line for line in reversed(lines) if is_movable(line)}
