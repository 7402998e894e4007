"""Whether a missing module is one of the project's own."""

import posixpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from okamochi.workflows.plan import PlannedProject

__all__ = ["is_own"]


def is_own(module: str, planned: "PlannedProject") -> bool:
    """Also the folder's own name, under which the app's author imports it from the folder above."""
    if module in (planned.root.resolve().name, planned.plan.application.package):
        return True
    project, root = planned.project, planned.plan.application.import_root
    places = {"", "src", root}
    return any(
        project.exists(posixpath.join(place, f"{module}.py")) or project.is_dir(posixpath.join(place, module))
        for place in places
    )
