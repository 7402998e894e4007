"""A package that is not what others take it for: all as they were on the day of the last commit, or this one
lowered; where it is older than the Python and pinned, another release of it."""

from okamochi.model.correction import Correction, CorrectionKind
from okamochi.run.proof.answer import Answer, Outcome
from okamochi.system.patterns import regex
from okamochi.workflows.mending.failed import Failed, Mended
from okamochi.workflows.mending.lacking import lacking_installed, lacking_package, package_without
from okamochi.workflows.mending.newer_release import is_of_pins_alone, newer_releases
from okamochi.workflows.mending.python_releases import CAME_OUT
from okamochi.workflows.mending.unwanted_keyword import abstract_class, package_of_abstract, refusing_package

# Before the oldest Python that there is a base for came out, an index had no compiled packages for any: to
# build a whole scientific stack from source, only to meet the next error, serves nobody.
WHEELS_SINCE = min(CAME_OUT.values())
# each takes a build and a proof
MOST_MINORS = 2
RELEASE = regex(r"(?P<major>\d+)\.(?P<minor>\d+)")


def mend(failed: Failed) -> Mended:
    answer, installed = failed.answer, failed.of_indexes
    match failed.outcome:
        case Outcome.MISSING_MODULE if package := package_without(failed.verdict.subject, installed):
            return older(failed, package, since=WHEELS_SINCE)
        case Outcome.LIBRARY:
            lacking = lacking_package(answer)
            if answer is not None and not lacking:  # a decorator of the library may stand in between
                lacking = refusing_package(answer, failed.planned, installed)
            by_age = older(failed, lacking)
            later = newer_releases(failed)
            # what is pinned is the same on any day
            return (*later, *by_age) if is_of_pins_alone(failed) else (*by_age, *later)
        case Outcome.FAILED if answer is not None:
            package = (
                lacking_installed(answer, installed)
                or refusing_package(answer, failed.planned, installed)
                or package_of_abstract(answer, failed.planned, installed)
            )
            if package:
                return older(failed, package)
            changed = refused_by_streamlit(answer) or became_abstract(answer, failed)
            return of_that_day(failed, since=WHEELS_SINCE) if changed else None
        case _:
            return None


def older(failed: Failed, package: str, *, since: str = "") -> tuple[Correction, ...]:
    """All packages as they were, unless that was before `since`; else this one. Those of a day before any
    Python that is offered are mostly built from source, and did not know it: then this one is lowered first,
    as long as there is something to lower."""
    by_day, alone = of_that_day(failed, since=since), lowered(failed, package)
    before_wheels = bool(by_day) and by_day[0].value < WHEELS_SINCE
    return (*alone, *by_day) if before_wheels else (*by_day, *alone)


def of_that_day(failed: Failed, *, since: str = "") -> tuple[Correction, ...]:
    """What nothing pins is taken as it was when the project was last worked on, unless that was before
    `since`."""
    from okamochi.build.revision import read_commit_instant

    dependencies = failed.planned.plan.dependencies
    instant = read_commit_instant(failed.planned.root)
    if dependencies.exclude_newer or dependencies.lock_file or not instant or instant < since:
        return ()
    reason = f"with today's packages {failed.verdict.said}; the last commit is of {instant[:10]}"
    return (Correction.of(CorrectionKind.EXCLUDE_NEWER, instant, reason),)


def lowered(failed: Failed, package: str) -> tuple[Correction, ...]:
    """Of a package that lacks a name or a module which others import from it: what came before its major
    version, which is where they are removed (semantic versioning, 8); then, since not everybody counts so,
    before its minor one and the next; then before the major version that this is of."""
    version = RELEASE.match(failed.of_indexes.get(package, ""))
    if version is None or int(version["major"]) < 1:
        return ()
    major, minor = version["major"], version["minor"]
    before = [one for one in failed.planned.plan.dependencies.added if one.startswith(f"{package}<")]
    of_this = [one for one in before if one.startswith(f"{package}<{major}.")]
    by_minor = bool(before) and int(minor) > 0 and len(of_this) < MOST_MINORS
    below = f"{major}.{minor}" if by_minor else major
    reason = f"{failed.verdict.said}; {package} {failed.installed[package]} is installed"
    return (Correction.of(CorrectionKind.REQUIREMENT, f"{package}<{below}", reason),)


def refused_by_streamlit(answer: Answer) -> bool:
    """Whether it does not take what the script gives it. The traceback that its page shows is without its own
    frames; a secret or a page that is not there is missing in any version."""
    return answer.error.startswith("streamlit.errors.") and not answer.error.endswith("NotFoundError")


def became_abstract(answer: Answer, failed: Failed) -> bool:
    """Whether a class of a library, of which the app makes objects, is a base alone in the version that is
    there: fields.Number() of marshmallow 4."""
    name = abstract_class(answer)
    project, own = failed.planned.project, f"class {name}"
    return bool(name) and not any(own in (project.read_text(path) or "") for path in project.files("**/*.py"))
