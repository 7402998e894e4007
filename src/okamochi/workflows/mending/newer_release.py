"""A later release of a pinned package that fails in its own code, which is older than the Python."""

import sys

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from okamochi.model.correction import Correction, CorrectionKind
from okamochi.model.import_names import distribution_of
from okamochi.pypi.compilation import FAR_FUTURE
from okamochi.pypi.moved_pins import pinned_version
from okamochi.pypi.versions import version_current_at
from okamochi.run.proof.answer import Answer, failing_library
from okamochi.run.traces import library_of_last_frame
from okamochi.system.patterns import regex
from okamochi.workflows.mending.age_of_library import (
    is_asked_by_the_app,
    is_newer,
    refuses_a_call,
)
from okamochi.workflows.mending.failed import Failed
from okamochi.workflows.mending.project_pins import project_pins
from okamochi.workflows.mending.python_releases import days_of_packages

__all__ = ["is_of_pins_alone", "newer_releases"]

OF_PACKAGE = regex(r"/site-packages/(\w+)")


def newer_releases(failed: Failed) -> tuple[Correction, ...]:
    """First the last of the pinned minor version, which mends and changes nothing else; then what was the
    newest of its major version half a year after the image's Python came out. None where the package raises
    on purpose, the index had nothing newer by then, or nobody may move the pin."""
    plan, answer, world = failed.planned.plan, failed.answer, failed.world
    if world is None or answer is None or plan.dependencies.keep_pins:
        return ()
    if refuses_a_call(answer) or is_asked_by_the_app(answer):
        return ()
    package = canonicalize_name(distribution_of(library_of(answer)))
    days = days_of_packages(plan.python_version)
    if not days or package not in failed.installed or failed.platform is None:
        return ()
    pin = project_pins(failed.planned, failed.platform).get(package)
    if pin is None:
        return ()
    try:
        pinned = Version(pinned_version(pin))
    except InvalidVersion:
        return ()

    def newest(instant: str, bound: str) -> str:
        return version_current_at(
            world,
            package,
            instant,
            project_root=failed.planned.root,
            dependencies=plan.dependencies,
            bound=bound,
        )

    by_then = newest(days[-1], f"<{pinned.major + 1}")
    if not is_newer(by_then, str(pinned)):
        return ()
    reason = (
        f"{failed.verdict.said}; {package} is pinned to {pinned} ({pin.where}), which is older than Python "
        f"{plan.python_version}"
    )
    found = (newest(FAR_FUTURE, f"=={pinned.major}.{pinned.minor}.*"), by_then)
    return tuple(
        Correction.of(CorrectionKind.RELEASE, f"{package}=={release}", reason)
        for release in dict.fromkeys(found)
        if is_newer(release, str(pinned))
    )


def is_of_pins_alone(failed: Failed) -> bool:
    """Whether only packages that the project pins take part in the failure."""
    if failed.answer is None or failed.platform is None:
        return False
    modules = {found[1] for found in OF_PACKAGE.finditer(failed.answer.text)} | {library_of(failed.answer)}
    names = {canonicalize_name(distribution_of(one)) for one in modules - {""}}
    return bool(names) and names <= project_pins(failed.planned, failed.platform).keys()


def library_of(answer: Answer) -> str:
    """Where it asks a module of Python's own for what that has no more, it is its own code that is old."""
    named = failing_library(answer)
    return library_of_last_frame(answer.text) if named in sys.stdlib_module_names else named
