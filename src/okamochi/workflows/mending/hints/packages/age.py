"""A package older than the Python that imports it: which one, and which version came with that Python."""

from packaging.utils import canonicalize_name
from packaging.version import Version

from okamochi.model.import_names import distribution_of
from okamochi.model.suites import SUITES
from okamochi.pypi.versions import version_current_at
from okamochi.run.proof.answer import Outcome, failing_library
from okamochi.workflows.mending.age_of_library import is_newer, refuses_a_call
from okamochi.workflows.mending.failed import Failed
from okamochi.workflows.mending.python_releases import CAME_OUT


def hint(failed: Failed) -> str:
    """A sentence about the package whose import fails, where the index had a newer one when the image's
    Python came out; "" where it had none, or the fault is the app's own."""
    answer, world, planned = failed.answer, failed.world, failed.planned
    if failed.outcome is not Outcome.LIBRARY or answer is None or world is None or refuses_a_call(answer):
        return ""
    package = canonicalize_name(distribution_of(failing_library(answer)))
    installed = failed.installed.get(package, "")
    python = planned.plan.python_version
    day = CAME_OUT.get(python, "")
    if not installed or not day:
        return ""

    def newest(bound: str) -> str:
        return version_current_at(
            world,
            package,
            f"{day}T00:00:00Z",
            project_root=planned.root,
            dependencies=planned.plan.dependencies,
            bound=bound,
        )

    current = newest("")
    if not is_newer(current, installed):
        return ""
    series = newest(f"<{Version(installed).major + 1}") if major(current) > major(installed) else ""
    if is_newer(series, installed):
        wanted = (
            f"{package} {series} was the newest that changes little for the app, {current} the newest of "
            f"all; ask for {package}=={series} first"
        )
    else:
        wanted = f"{package} {current} was the newest; ask for this one or a later one"
    oldest = min((one.python_version for one in SUITES), key=Version)
    limit = ", the oldest that there is a base for" if python == oldest else ""
    return f"{package} {installed} is older than Python {python}{limit}: when that came out ({day}), {wanted}"


def major(version: str) -> int:
    return Version(version).major
