"""The error for a package that has no wheel and whose source does not build: what to ask for instead."""

import re
from collections.abc import Iterable, Mapping

from packaging.version import Version

from okamochi.errors import BuildError, EngineError, OkamochiError, PlanError, UnfitPythonError
from okamochi.model.plan import Plan

__all__ = ["UnbuildableError", "UnbuiltError", "unbuildable"]

TITLE = r"(?P<name>[\w.-]+) (?P<version>\S+) has no wheel"
ADVICE = r"{} .*?: (?P<advice>ask for .*)"
PINNED = r"ask for [\w.-]+==(?P<version>\S+)"


class UnbuiltError(BuildError):
    """Of what was `asked` to be built ("psycopg2==2.7.3") for a `python`."""

    asked = ""
    python = ""

    @classmethod
    def of(cls, failure: BuildError, asked: str, python: str) -> "UnbuiltError":
        found = cls(failure.message, where=failure.where, hint=failure.hint, details=failure.details)
        found.asked, found.python = asked, python
        return found


class UnbuildableError(PlanError):
    """Something has no wheel for any of the plan's Pythons, and is built for none; `unbuilt` is what failed
    first, by Python."""

    unbuilt: Mapping[str, UnbuiltError] = {}


def unbuildable(
    refusal: UnfitPythonError,
    failures: Iterable[OkamochiError],
    refusals: Mapping[str, UnfitPythonError],
    plan: Plan,
) -> OkamochiError:
    """Why building failed where it was tried; the refusal alone where there is no source. `refusals` are
    those of each Python: the version nearest to the pinned one may have its wheel for another one."""
    failures = tuple(failures)
    built = next((one for one in failures if isinstance(one, BuildError | EngineError)), None)
    if built is None:
        return refusal
    of_engine = isinstance(built, EngineError)  # its own words say what to do
    title = None if of_engine else re.match(TITLE, built.message)
    advice, python = nearest(title["name"], refusals) if title is not None else ("", "")
    if title is None or not advice:
        return with_unbuilt(
            failures,
            built.message,
            where=refusal.where or built.where,
            hint=built.hint if of_engine else refusal.hint,
            details=(*refusal.details, *built.details),
        )
    of_python = f" (it has a wheel for Python {python})" if python else ""
    return with_unbuilt(
        failures,
        built.message,
        where=where_of(title["name"], refusal) or refusal.where or built.where,
        hint=f"{advice}{of_python}, or build the wheel yourself (pip wheel --no-deps NAME==VERSION -w "
        "wheels) and write --find-links wheels into the requirement file",
        details=(*told_python(plan), *others(title["name"], refusal), *built.details),
    )


def with_unbuilt(
    failures: Iterable[OkamochiError], message: str, *, where: str, hint: str, details: tuple[str, ...]
) -> UnbuildableError:
    error = UnbuildableError(message, where=where, hint=hint, details=details)
    error.unbuilt = {one.python: one for one in failures if isinstance(one, UnbuiltError)}
    return error


def nearest(name: str, refusals: Mapping[str, UnfitPythonError]) -> tuple[str, str]:
    """The advice that names the lowest version, and the Python that it is for."""
    found: list[tuple[Version, str, str]] = []
    plain = ""
    for python, refusal in refusals.items():
        advice = advice_for(name, refusal)
        pinned = re.fullmatch(PINNED, advice)
        plain = plain or advice
        try:
            found += [(Version(pinned["version"]), advice, python)] if pinned is not None else []
        except ValueError:
            continue
    if not found:
        return plain, ""
    _, advice, python = min(found)
    return advice, python


def advice_for(name: str, refusal: UnfitPythonError) -> str:
    lines = (re.match(ADVICE.format(re.escape(name)), line) for line in refusal.details)
    return next((found["advice"] for found in lines if found is not None), "")


def where_of(name: str, refusal: UnfitPythonError) -> str:
    lines = (re.match(rf"{re.escape(name)} [^(]*\(([^)]+:\d+)\)", line) for line in refusal.details)
    return next((found[1] for found in lines if found is not None), "")


def told_python(plan: Plan) -> tuple[str, ...]:
    """What the project says about its Python, when that is not to be had: its pins are of that time."""
    warning = next((one.warning for one in plan.decisions if one.field == "python_version"), "")
    return (f"{warning}: the versions that the project pins may need it",) if warning else ()


def others(name: str, refusal: UnfitPythonError) -> tuple[str, ...]:
    names = [one.partition("==")[0] for one in refusal.packages]
    left = [one for one in names if one != name]
    if not left:
        return ()
    return (f"{', '.join(left)}: without a wheel as well, to be built from source",)
