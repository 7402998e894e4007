"""A Python and what the rest of a plan has to be for it: the base, and what okamochi itself adds."""

from typing import Final

import msgspec

from okamochi.model.evidence import Decision, Evidence, Origin
from okamochi.model.local_base import local_base
from okamochi.model.plan import Base, Dependencies, Plan
from okamochi.model.suites import suite_named, suite_of_python

__all__ = [
    "ANY_IMAGE",
    "ENDED_PYTHONS",
    "GUNICORN",
    "IMAGE_PYTHONS",
    "base_decision",
    "base_of",
    "with_gunicorn_for",
    "with_python",
    "with_summary",
]

# 26.1 reaps foreign children; before 25.1 there is no control socket to switch off
GUNICORN: Final = "gunicorn>=26.1"
# gunicorn's releases from 26.0 on ask for Python 3.10
GUNICORN_OF_OLD: Final = "gunicorn>=23"
WITHOUT_NEWEST_GUNICORN: Final = frozenset({"3.9"})

IMAGE_PYTHONS: Final = ("3.12", "3.10")
"""Those that only an image of a registry has, newest first."""

# The last month of security updates, https://devguide.python.org/versions/; never compared with a clock.
ENDED_PYTHONS: Final = {"3.10": "2026-10"}

IMAGE = "python:{}-slim"
ANY_IMAGE: Final = "image"
"""The setting that asks for the image named so."""

# The images named so are made from this suite or a newer one.
IMAGE_SUITE = "trixie"


def base_of(version: str, packages: tuple[str, ...] = (), image: str = "") -> Base:
    """Where this Python comes from: the image that was chosen, or ANY_IMAGE; else Debian where it has it."""
    suite = suite_of_python(version)
    if image and image != ANY_IMAGE:
        return Base(kind="image", suite=IMAGE_SUITE, python_package="", image=image, packages=packages)
    if suite is None or image:
        image = IMAGE.format(version)
        return Base(kind="image", suite=IMAGE_SUITE, python_package="", image=image, packages=packages)
    return Base(suite=suite.name, python_package=suite.python_package, packages=packages)


def image_kept(base: Base, version: str) -> str:
    """What `base_of` takes to choose the same kind of base for another Python than its `version`."""
    if base.kind == "debian":
        return ""
    if base.image != IMAGE.format(version):
        return base.image
    by_choice = suite_of_python(version) is not None
    return ANY_IMAGE if by_choice else ""


def base_decision(base: Base) -> Decision:
    """What the base is, and the state of its suite."""
    if base.kind == "image":
        reason = f"the image brings its own Python, and a shell ({base.image})"
        local = local_base(base.image)
        told = local.told if local is not None else f"the registry's image {base.image}"
        summary = f"{told}, pinned by digest in the lock"
        return decision("base.image", summary, reason)
    suite = suite_named(base.suite)
    reason = "its Python is the one that is asked for; no shell, no package manager"
    summary = f"Debian {base.suite} with {base.python_package}"
    if suite.warning:
        return decision("base.suite", f"{summary}. Warning: {suite.warning}", reason)
    return decision("base.suite", summary, f"{reason}; {suite.promise}")


def decision(field: str, summary: str, reason: str, origin: Origin = Origin.DEFAULT) -> Decision:
    return Decision(field=field, summary=summary, origin=origin, evidence=(Evidence(path="", reason=reason),))


def with_gunicorn_for(dependencies: Dependencies, version: str) -> Dependencies:
    """With a gunicorn that this Python runs, where okamochi adds it."""
    fitting = GUNICORN_OF_OLD if version in WITHOUT_NEWEST_GUNICORN else GUNICORN
    added = tuple(fitting if one in (GUNICORN, GUNICORN_OF_OLD) else one for one in dependencies.added)
    return msgspec.structs.replace(dependencies, added=added)


def with_python(plan: Plan, version: str, reason: str) -> Plan:
    """The same plan on another Python, for a reason."""
    base = base_of(version, plan.base.packages, image_kept(plan.base, plan.python_version))
    dependencies = with_gunicorn_for(plan.dependencies, version)
    decided_anew = ("python_version", "base.suite", "base.image")
    kept = [one for one in plan.decisions if one.field not in decided_anew]
    summary = f"Python {version} instead of {plan.python_version}"
    anew = (decision("python_version", summary, reason, Origin.DETECTED), base_decision(base))
    return msgspec.structs.replace(
        plan,
        python_version=version,
        python_alternatives=tuple(one for one in plan.python_alternatives if one != version),
        base=base,
        dependencies=dependencies,
        decisions=(*anew, *(with_summary(one, plan.dependencies, dependencies) for one in kept)),
    )


def with_summary(one: Decision, before: Dependencies, after: Dependencies) -> Decision:
    """A decision about what was added tells what is added now."""
    summary = one.summary
    if one.field == "dependencies.added":
        for old, new in zip(before.added, after.added, strict=True):
            summary = summary.replace(old, new)
    return msgspec.structs.replace(one, summary=summary)
