"""The installed package that lacks a name or a module which others import from it."""

import posixpath
from collections.abc import Container
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from okamochi.model.import_names import distribution_of
from okamochi.run.import_failures import withholding_package
from okamochi.run.proof.answer import Answer
from okamochi.system.patterns import regex

if TYPE_CHECKING:
    from okamochi.workflows.plan import PlannedProject

__all__ = ["is_own", "lacking_installed", "lacking_package", "package_without"]

LACKS = (
    regex(r"cannot import name '\w+' from '([\w.]+)' \(.*/site-packages/"),
    regex(r"^module '([\w.]+)' has no attribute"),
)


def package_without(module: str, installed: Container[str]) -> str:
    """The installed package that lacks this part of its own: of a name with dots Python tells the whole only
    when what is before the last dot was found. "" when it is no part of one."""
    top, dot, _ = module.partition(".")
    package = canonicalize_name(distribution_of(top)) if dot else ""
    return package if package in installed else ""


def lacking_package(answer: Answer | None) -> str:
    """By what the exception says; "" where it says none."""
    if answer is None:
        return ""
    told = (found[1] for one in LACKS if (found := one.search(answer.message)))
    module = next(told, "") or withholding_package(answer.text)
    return canonicalize_name(distribution_of(module.partition(".")[0])) if module else ""


def lacking_installed(answer: Answer, installed: Container[str]) -> str:
    """The same, where it is a package of the image and no module of the app; ""."""
    package = lacking_package(answer)
    return package if package in installed else ""


def is_own(module: str, planned: "PlannedProject") -> bool:
    """Whether a missing module is one of the project's own; also by the folder's own name, under
    which the app's author imports it from the folder above."""
    if module in (planned.root.resolve().name, planned.plan.application.package):
        return True
    project, root = planned.project, planned.plan.application.import_root
    places = {"", "src", root}
    return any(
        project.exists(posixpath.join(place, f"{module}.py")) or project.is_dir(posixpath.join(place, module))
        for place in places
    )
