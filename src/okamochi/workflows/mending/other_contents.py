"""Packages that were asked for under the name of an import, and hold no module of that name.

`import google.generativeai` does not say that google-generativeai brings it; the index's package google is
somebody else's. Nothing of a wheel has run when this is seen.
"""

from collections.abc import Iterable
from pathlib import PurePosixPath

from okamochi.errors import PlanError
from okamochi.model.import_names import is_known_distribution
from okamochi.model.plan import Dependencies
from okamochi.pypi.wheel_tree import WheelTree
from okamochi.workflows.mending.vouched_names import plain_name

__all__ = ["refuse_other_contents"]

SITE = "/site-packages/"


def refuse_other_contents(dependencies: Dependencies, trees: Iterable[WheelTree]) -> None:
    """PlanError where a wheel is of another module; for dependencies that nothing but imports says."""
    asked = {plain_name(one) for one in dependencies.inline if " @ " not in one}
    named = [one for one in trees if one.wheel.name in asked and not is_known_distribution(one.wheel.name)]
    wrong = tuple(
        f"{one.wheel.name} {one.wheel.version} of the index has no module {module_of(one)}"
        for one in named
        if module_of(one) not in modules_in(one)
    )
    if wrong:
        raise PlanError(
            "nothing lists the dependencies, and packages that are called like imports are others",
            where=", ".join(dependencies.input_files[:3]),
            hint="write a requirements.txt with the packages that the app needs, as their own pages have it",
            details=wrong,
        )


def module_of(tree: WheelTree) -> str:
    return tree.wheel.name.replace("-", "_")


def modules_in(tree: WheelTree) -> frozenset[str]:
    """In small letters, as the names that are asked for are written."""
    paths = (PurePosixPath(file.path.partition(SITE)[2]) for file in tree.files if SITE in file.path)
    return frozenset(path.parts[0].partition(".")[0].lower() for path in paths if path.parts)
