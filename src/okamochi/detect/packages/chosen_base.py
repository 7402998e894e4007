"""The base of an image: packages of Debian, or an image that a setting names."""

import msgspec

from okamochi.detect.chosen_settings import ChosenSettings
from okamochi.detect.given_values import of_a_setting
from okamochi.errors import PlanError
from okamochi.model.evidence import Decision
from okamochi.model.local_base import local_base
from okamochi.model.plan import Base
from okamochi.model.python_base import ANY_IMAGE, base_decision, base_of
from okamochi.model.suites import suite_of_python
from okamochi.oci.reference import Reference

__all__ = ["choose_base"]


def choose_base(python: str, chosen: ChosenSettings) -> tuple[Base, tuple[Decision, ...]]:
    """The base for a Python, with the packages of the setting. PlanError as `_base_image` has it."""
    packages = tuple(sorted(set(chosen.settings.packages or ())))
    base = base_of(python, packages, _base_image(python, chosen))
    suite = base_decision(base)
    if "base" in chosen.origins:
        evidence = (chosen.place("base"), *suite.evidence)
        suite = msgspec.structs.replace(suite, origin=chosen.origin("base"), evidence=evidence)
    summary = (
        f"beyond Python: {', '.join(packages)}" if packages else "what Python, the wheels and the code need"
    )
    reason = "found in their files when okamochi.lock is made; no setting asks for more"
    return base, (suite, of_a_setting("base.packages", summary, "packages", chosen, reason))


def _base_image(python: str, chosen: ChosenSettings) -> str:
    """What `base_of` takes. PlanError for packages of Debian that has no such Python."""
    wanted = (chosen.settings.base or "").strip()
    if wanted in ("", ANY_IMAGE):
        return wanted
    if wanted == "debian":
        if suite_of_python(python) is None:
            raise PlanError(
                f"no release of Debian has Python {python}",
                where=f"{chosen.where('base')}: base",
                hint="remove the setting base, or choose another Python with the setting python",
            )
        return ""
    if local_base(wanted) is None:
        Reference.parse(wanted)
    return wanted
